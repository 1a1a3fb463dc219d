-- Revenue of each genre in each year.
select
    extract(year from f.invoice_date) as sales_year,
    g.name as genre,
    sum(f.quantity) as units,
    sum(f.total_revenue) as revenue
from gold.fact_invoice as f
inner join gold.dim_track as t
    on t.track_id = f.track_id
inner join gold.dim_genre as g
    on g.genre_id = t.genre_id
group by extract(year from f.invoice_date), g.name
order by sales_year, revenue desc, genre
