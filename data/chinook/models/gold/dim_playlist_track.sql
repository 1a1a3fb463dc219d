{{ config(dist='playlist_id', sort=['playlist_id', 'track_id']) }}

select
    e.playlist_id,
    e.track_id
from {{ ref('playlist_track') }} as e
inner join {{ ref('dim_playlist') }} as p
    on p.playlist_id = e.playlist_id
inner join {{ ref('dim_track') }} as t
    on t.track_id = e.track_id
