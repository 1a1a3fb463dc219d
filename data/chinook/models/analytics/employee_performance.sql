-- What each employee who looks after customers contributes, the rank among colleagues, and where
-- to improve: the measures in which an employee is more than 5% behind the team. The last twelve
-- months are counted back from the newest invoice.
{{ config(dist='all', sort='revenue_rank') }}

with as_of as (

    select
        cast(max(invoice_date) as date) as as_of_date,
        dateadd('month', -12, max(invoice_date)) as one_year_before,
        dateadd('month', -24, max(invoice_date)) as two_years_before
    from {{ ref('fact_invoice') }}

),

assigned as (

    select
        support_rep_id as employee_id,
        count(*) as customers
    from {{ ref('dim_customer') }}
    where support_rep_id is not null
    group by support_rep_id

),

sold as (

    select
        f.employee_id,
        count(distinct f.invoice_id) as invoices,
        sum(f.quantity) as units,
        sum(f.total_revenue) as revenue,
        count(distinct f.billing_country) as countries,
        count(distinct case when f.invoice_date > a.one_year_before then f.customer_id end) as active_customers,
        sum(case when f.invoice_date > a.one_year_before then f.total_revenue else 0 end) as last_year_revenue,
        sum(
            case
                when f.invoice_date <= a.one_year_before and f.invoice_date > a.two_years_before then f.total_revenue
                else 0
            end
        ) as year_before_revenue
    from {{ ref('fact_invoice') }} as f
    cross join as_of as a
    where f.employee_id is not null
    group by f.employee_id

),

performance as (

    select
        e.employee_id,
        e.first_name || ' ' || e.last_name as employee_name,
        e.title,
        cast(e.hire_date as date) as hire_date,
        coalesce(g.customers, 0) as customers,
        coalesce(s.active_customers, 0) as active_customers,
        coalesce(s.countries, 0) as countries,
        coalesce(s.invoices, 0) as invoices,
        coalesce(s.units, 0) as units,
        cast(coalesce(s.revenue, 0) as numeric(18, 2)) as revenue,
        cast(coalesce(s.last_year_revenue, 0) as numeric(18, 2)) as last_year_revenue,
        cast(coalesce(s.year_before_revenue, 0) as numeric(18, 2)) as year_before_revenue
    from {{ ref('dim_employee') }} as e
    left join assigned as g
        on g.employee_id = e.employee_id
    left join sold as s
        on s.employee_id = e.employee_id
    where e.title = 'Sales Support Agent'
        or g.customers is not null

),

team as (

    select
        sum(customers) as customers,
        sum(active_customers) as active_customers,
        sum(invoices) as invoices,
        cast(sum(revenue) as numeric(18, 2)) as revenue,
        cast(sum(last_year_revenue) as numeric(18, 2)) as last_year_revenue,
        cast(sum(year_before_revenue) as numeric(18, 2)) as year_before_revenue
    from performance

),

measured as (

    select
        p.*,
        {{ percentage('p.revenue', 't.revenue') }} as revenue_share_pct,
        {{ ratio('p.revenue', 'p.invoices', 'numeric(18, 2)') }} as average_order_value,
        {{ ratio('p.revenue', 'p.customers', 'numeric(18, 2)') }} as revenue_per_customer,
        {{ percentage('p.active_customers', 'p.customers') }} as active_customers_pct,
        {{ growth('p.last_year_revenue', 'p.year_before_revenue') }} as growth_pct,
        {{ ratio('t.revenue', 't.invoices', 'numeric(18, 2)') }} as team_average_order_value,
        {{ ratio('t.revenue', 't.customers', 'numeric(18, 2)') }} as team_revenue_per_customer,
        {{ percentage('t.active_customers', 't.customers') }} as team_active_customers_pct,
        {{ growth('t.last_year_revenue', 't.year_before_revenue') }} as team_growth_pct
    from performance as p
    cross join team as t

),

advised as (

    select
        m.*,
        case when m.average_order_value < 0.95 * m.team_average_order_value
            then ', order value' else '' end
        || case when m.revenue_per_customer < 0.95 * m.team_revenue_per_customer
            then ', revenue per customer' else '' end
        || case when m.active_customers_pct < 0.95 * m.team_active_customers_pct
            then ', customer retention' else '' end
        || case when m.growth_pct < m.team_growth_pct - 5
            then ', growth' else '' end as weaknesses
    from measured as m

)

select
    employee_id,
    cast(employee_name as varchar(201)) as employee_name,
    title,
    hire_date,
    cast(customers as bigint) as customers,
    cast(active_customers as bigint) as active_customers,
    cast(countries as bigint) as countries,
    cast(invoices as bigint) as invoices,
    cast(units as bigint) as units,
    revenue,
    revenue_share_pct,
    average_order_value,
    revenue_per_customer,
    active_customers_pct,
    last_year_revenue,
    year_before_revenue,
    growth_pct,
    cast(row_number() over (order by revenue desc, employee_id) as integer) as revenue_rank,
    cast(row_number() over (order by coalesce(growth_pct, -100) desc, employee_id) as integer) as growth_rank,
    cast(
        case
            when invoices = 0 then 'no sales yet'
            when weaknesses = '' then 'none: level with the team or better'
            else substring(weaknesses, 3)
        end as varchar(200)
    ) as areas_for_improvement
from advised
order by revenue_rank
