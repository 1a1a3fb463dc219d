-- References to an album, media type or genre that was never delivered become NULL.
{{ config(dist='all', sort='track_id') }}

select
    t.track_id,
    t.name,
    a.album_id,
    m.media_type_id,
    g.genre_id,
    t.composer,
    t.milliseconds,
    t.bytes,
    t.unit_price
from {{ ref('track') }} as t
left join {{ ref('dim_album') }} as a
    on a.album_id = t.album_id
left join {{ ref('dim_media_type') }} as m
    on m.media_type_id = t.media_type_id
left join {{ ref('dim_genre') }} as g
    on g.genre_id = t.genre_id
