-- Sales of each day on which something was sold.
{{ config(sort='sales_date') }}

with days as (

    select
        cast(invoice_date as date) as sales_date,
        count(distinct invoice_id) as invoices,
        count(distinct customer_id) as customers,
        sum(quantity) as units,
        sum(total_revenue) as revenue
    from {{ ref('fact_invoice') }}
    group by cast(invoice_date as date)

)

select
    sales_date,
    cast(invoices as bigint) as invoices,
    cast(customers as bigint) as customers,
    cast(units as bigint) as units,
    cast(revenue as numeric(18, 2)) as revenue,
    {{ ratio('revenue', 'invoices', 'numeric(18, 2)') }} as average_order_value,
    cast(
        sum(revenue) over (order by sales_date rows between unbounded preceding and current row)
        as numeric(18, 2)
    ) as cumulative_revenue
from days
order by sales_date
