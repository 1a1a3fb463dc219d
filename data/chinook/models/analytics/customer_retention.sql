-- Monthly cohorts: of the customers whose first purchase was in cohort_month, how many bought
-- again so many months later. Every month up to the newest invoice is listed.
{{ config(sort=['cohort_month', 'months_since_first']) }}

with active_months as (

    select
        customer_id,
        cast(date_trunc('month', invoice_date) as date) as activity_month,
        sum(total_revenue) as revenue
    from {{ ref('fact_invoice') }}
    group by customer_id, cast(date_trunc('month', invoice_date) as date)

),

first_months as (

    select
        customer_id,
        min(activity_month) as cohort_month
    from active_months
    group by customer_id

),

cohorts as (

    select
        cohort_month,
        count(*) as cohort_size
    from first_months
    group by cohort_month

),

newest as (

    select max(activity_month) as activity_month
    from active_months

),

calendar as (

    select distinct month_start as activity_month
    from {{ ref('dim_date') }}

),

activity as (

    select
        f.cohort_month,
        m.activity_month,
        count(*) as active_customers,
        sum(m.revenue) as revenue
    from active_months as m
    inner join first_months as f
        on f.customer_id = m.customer_id
    group by f.cohort_month, m.activity_month

)

select
    c.cohort_month,
    k.activity_month,
    cast(datediff('month', c.cohort_month, k.activity_month) as integer) as months_since_first,
    cast(c.cohort_size as bigint) as cohort_size,
    cast(coalesce(a.active_customers, 0) as bigint) as active_customers,
    {{ percentage('coalesce(a.active_customers, 0)', 'c.cohort_size') }} as retention_pct,
    cast(coalesce(a.revenue, 0) as numeric(18, 2)) as revenue
from cohorts as c
cross join newest as n
inner join calendar as k
    on k.activity_month >= c.cohort_month and k.activity_month <= n.activity_month
left join activity as a
    on a.cohort_month = c.cohort_month and a.activity_month = k.activity_month
order by c.cohort_month, k.activity_month
