-- Sales of each calendar year and growth against the year before.
{{ config(sort='sales_year') }}

with years as (

    select
        invoice_year as sales_year,
        count(distinct invoice_id) as invoices,
        count(distinct customer_id) as customers,
        sum(quantity) as units,
        sum(total_revenue) as revenue
    from {{ ref('fact_invoice') }}
    group by invoice_year

),

compared as (

    select
        y.sales_year,
        y.invoices,
        y.customers,
        y.units,
        y.revenue,
        p.revenue as previous_year_revenue
    from years as y
    left join years as p
        on p.sales_year = y.sales_year - 1

)

select
    sales_year,
    cast(invoices as bigint) as invoices,
    cast(customers as bigint) as customers,
    cast(units as bigint) as units,
    cast(revenue as numeric(18, 2)) as revenue,
    {{ ratio('revenue', 'invoices', 'numeric(18, 2)') }} as average_order_value,
    {{ ratio('revenue', 'customers', 'numeric(18, 2)') }} as revenue_per_customer,
    cast(previous_year_revenue as numeric(18, 2)) as previous_year_revenue,
    {{ growth('revenue', 'previous_year_revenue') }} as growth_pct
from compared
order by sales_year
