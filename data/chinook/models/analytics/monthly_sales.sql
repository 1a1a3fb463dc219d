-- Sales of each calendar month, growth against the month before and the same month a year before.
-- Months without sales between the first and the last are listed with zeros.
{{ config(sort='sales_month') }}

with calendar as (

    select distinct month_start as sales_month
    from {{ ref('dim_date') }}
    where month_start >= (select cast(date_trunc('month', min(invoice_date)) as date) from {{ ref('fact_invoice') }})
        and month_start <= (select cast(date_trunc('month', max(invoice_date)) as date) from {{ ref('fact_invoice') }})

),

sold as (

    select
        cast(date_trunc('month', invoice_date) as date) as sales_month,
        count(distinct invoice_id) as invoices,
        count(distinct customer_id) as customers,
        sum(quantity) as units,
        sum(total_revenue) as revenue
    from {{ ref('fact_invoice') }}
    group by cast(date_trunc('month', invoice_date) as date)

),

months as (

    select
        c.sales_month,
        coalesce(s.invoices, 0) as invoices,
        coalesce(s.customers, 0) as customers,
        coalesce(s.units, 0) as units,
        cast(coalesce(s.revenue, 0) as numeric(18, 2)) as revenue
    from calendar as c
    left join sold as s
        on s.sales_month = c.sales_month

),

compared as (

    select
        sales_month,
        invoices,
        customers,
        units,
        revenue,
        lag(revenue, 1) over (order by sales_month) as previous_month_revenue,
        lag(revenue, 12) over (order by sales_month) as previous_year_revenue,
        sum(revenue) over (
            partition by extract(year from sales_month)
            order by sales_month rows between unbounded preceding and current row
        ) as year_to_date_revenue
    from months

)

select
    sales_month,
    cast(extract(year from sales_month) as integer) as sales_year,
    cast(extract(month from sales_month) as integer) as month_of_year,
    cast(invoices as bigint) as invoices,
    cast(customers as bigint) as customers,
    cast(units as bigint) as units,
    revenue,
    {{ ratio('revenue', 'invoices', 'numeric(18, 2)') }} as average_order_value,
    cast(previous_month_revenue as numeric(18, 2)) as previous_month_revenue,
    {{ growth('revenue', 'previous_month_revenue') }} as month_growth_pct,
    {{ growth('revenue', 'previous_year_revenue') }} as year_growth_pct,
    cast(year_to_date_revenue as numeric(18, 2)) as year_to_date_revenue
from compared
order by sales_month
