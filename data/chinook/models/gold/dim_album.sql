-- A reference to an artist that was never delivered becomes NULL.
{{ config(dist='all', sort='album_id') }}

select
    a.album_id,
    a.title,
    r.artist_id
from {{ ref('album') }} as a
left join {{ ref('dim_artist') }} as r
    on r.artist_id = a.artist_id
