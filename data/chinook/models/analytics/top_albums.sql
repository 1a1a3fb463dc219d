-- The albums with the highest revenue.
{{ config(sort='sales_rank') }}

with sold as (

    select
        album_id,
        sum(quantity) as units,
        sum(total_revenue) as revenue,
        count(distinct track_id) as tracks_sold,
        count(distinct customer_id) as customers
    from {{ ref('fact_invoice') }}
    where album_id is not null
    group by album_id

),

ranked as (

    select
        album_id,
        units,
        revenue,
        tracks_sold,
        customers,
        row_number() over (order by revenue desc, units desc, album_id) as sales_rank
    from sold

)

select
    cast(r.sales_rank as integer) as sales_rank,
    r.album_id,
    al.title as album_title,
    ar.name as artist_name,
    cast(r.units as bigint) as units,
    cast(r.revenue as numeric(18, 2)) as revenue,
    cast(r.tracks_sold as bigint) as tracks_sold,
    cast(r.customers as bigint) as customers
from ranked as r
inner join {{ ref('dim_album') }} as al
    on al.album_id = r.album_id
left join {{ ref('dim_artist') }} as ar
    on ar.artist_id = al.artist_id
where r.sales_rank <= {{ var('top_n') }}
order by sales_rank
