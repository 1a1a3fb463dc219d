{{ config(dist='all', sort='playlist_id') }}

select
    playlist_id,
    name
from {{ ref('playlist') }}
