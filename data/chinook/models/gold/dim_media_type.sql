{{ config(dist='all', sort='media_type_id') }}

select
    media_type_id,
    name
from {{ ref('media_type') }}
