-- Revenue of each month and its growth over the month before, in per cent.
with months as (

    select
        date_trunc('month', invoice_date) as sales_month,
        sum(total_revenue) as revenue
    from gold.fact_invoice
    group by date_trunc('month', invoice_date)

),

compared as (

    select
        sales_month,
        revenue,
        lag(revenue) over (order by sales_month) as revenue_before
    from months

)

select
    cast(sales_month as date) as sales_month,
    revenue,
    revenue_before,
    cast(revenue - revenue_before as double precision) * 100 / nullif(cast(revenue_before as double precision), 0) as growth_pct
from compared
order by sales_month
