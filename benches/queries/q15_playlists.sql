-- What the tracks of each playlist earned: a track is in several playlists.
select
    p.playlist_id,
    p.name as playlist,
    count(*) as sales,
    sum(f.quantity) as units,
    sum(f.total_revenue) as revenue
from gold.fact_invoice as f
inner join gold.dim_playlist_track as e
    on e.track_id = f.track_id
inner join gold.dim_playlist as p
    on p.playlist_id = e.playlist_id
group by p.playlist_id, p.name
order by revenue desc, p.playlist_id
