{{ config(dist='all', sort='artist_id') }}

select
    artist_id,
    name
from {{ ref('artist') }}
