-- The tracks that earned most, with album and artist.
select
    t.track_id,
    t.name as track,
    r.name as artist,
    sum(f.quantity) as units,
    sum(f.total_revenue) as revenue
from gold.fact_invoice as f
inner join gold.dim_track as t
    on t.track_id = f.track_id
inner join gold.dim_album as a
    on a.album_id = t.album_id
inner join gold.dim_artist as r
    on r.artist_id = a.artist_id
group by t.track_id, t.name, r.name
order by revenue desc, t.track_id
limit 20
