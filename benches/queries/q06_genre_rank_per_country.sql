-- The three genres that earned most in each country.
select
    c.country,
    g.name as genre,
    sum(f.total_revenue) as revenue,
    rank() over (partition by c.country order by sum(f.total_revenue) desc) as genre_rank
from gold.fact_invoice as f
inner join gold.dim_customer as c
    on c.customer_id = f.customer_id
inner join gold.dim_track as t
    on t.track_id = f.track_id
inner join gold.dim_genre as g
    on g.genre_id = t.genre_id
group by c.country, g.name
qualify genre_rank <= 3
order by c.country, genre_rank, genre
