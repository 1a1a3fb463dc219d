-- All genres that were sold, by revenue.
{{ config(sort='sales_rank') }}

with sold as (

    select
        genre_id,
        sum(quantity) as units,
        sum(total_revenue) as revenue,
        count(distinct track_id) as tracks_sold,
        count(distinct customer_id) as customers
    from {{ ref('fact_invoice') }}
    where genre_id is not null
    group by genre_id

),

total as (

    select sum(total_revenue) as revenue
    from {{ ref('fact_invoice') }}

),

ranked as (

    select
        genre_id,
        units,
        revenue,
        tracks_sold,
        customers,
        row_number() over (order by revenue desc, units desc, genre_id) as sales_rank
    from sold

)

select
    cast(r.sales_rank as integer) as sales_rank,
    r.genre_id,
    g.name as genre_name,
    cast(r.units as bigint) as units,
    cast(r.revenue as numeric(18, 2)) as revenue,
    {{ percentage('r.revenue', 'a.revenue') }} as revenue_share_pct,
    cast(r.tracks_sold as bigint) as tracks_sold,
    cast(r.customers as bigint) as customers
from ranked as r
inner join {{ ref('dim_genre') }} as g
    on g.genre_id = r.genre_id
cross join total as a
order by sales_rank
