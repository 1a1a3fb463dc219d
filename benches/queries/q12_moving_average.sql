-- Revenue of each day of the calendar and its average over seven days.
with days as (

    select
        date_id,
        sum(total_revenue) as revenue
    from gold.fact_invoice
    group by date_id

)

select
    d.date_day,
    coalesce(s.revenue, 0) as revenue,
    avg(cast(coalesce(s.revenue, 0) as double precision)) over (
        order by d.date_day rows between 6 preceding and current row
    ) as average_7_days
from gold.dim_date as d
left join days as s
    on s.date_id = d.date_id
order by d.date_day
