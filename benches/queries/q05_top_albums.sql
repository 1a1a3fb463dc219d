-- The albums that earned most.
select
    a.album_id,
    a.title,
    count(distinct f.track_id) as tracks_sold,
    sum(f.quantity) as units,
    sum(f.total_revenue) as revenue
from gold.fact_invoice as f
inner join gold.dim_track as t
    on t.track_id = f.track_id
inner join gold.dim_album as a
    on a.album_id = t.album_id
group by a.album_id, a.title
order by revenue desc, a.album_id
limit 20
