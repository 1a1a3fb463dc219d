{{ config(dist='all', sort='genre_id') }}

select
    genre_id,
    name
from {{ ref('genre') }}
