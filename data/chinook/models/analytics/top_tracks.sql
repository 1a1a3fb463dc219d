-- The tracks with the highest revenue.
{{ config(sort='sales_rank') }}

with sold as (

    select
        track_id,
        sum(quantity) as units,
        sum(total_revenue) as revenue,
        count(distinct invoice_id) as invoices,
        count(distinct customer_id) as customers
    from {{ ref('fact_invoice') }}
    group by track_id

),

ranked as (

    select
        track_id,
        units,
        revenue,
        invoices,
        customers,
        row_number() over (order by revenue desc, units desc, track_id) as sales_rank
    from sold

)

select
    cast(r.sales_rank as integer) as sales_rank,
    r.track_id,
    t.name as track_name,
    al.title as album_title,
    ar.name as artist_name,
    g.name as genre_name,
    cast(r.units as bigint) as units,
    cast(r.revenue as numeric(18, 2)) as revenue,
    cast(r.invoices as bigint) as invoices,
    cast(r.customers as bigint) as customers
from ranked as r
inner join {{ ref('dim_track') }} as t
    on t.track_id = r.track_id
left join {{ ref('dim_album') }} as al
    on al.album_id = t.album_id
left join {{ ref('dim_artist') }} as ar
    on ar.artist_id = al.artist_id
left join {{ ref('dim_genre') }} as g
    on g.genre_id = t.genre_id
where r.sales_rank <= {{ var('top_n') }}
order by sales_rank
