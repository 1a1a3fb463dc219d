-- Retention: of the customers who first bought in a month, how many bought again so many months later.
with active_months as (

    select distinct
        customer_id,
        date_trunc('month', invoice_date) as activity_month
    from gold.fact_invoice

),

first_months as (

    select
        customer_id,
        min(activity_month) as cohort_month
    from active_months
    group by customer_id

)

select
    cast(f.cohort_month as date) as cohort_month,
    datediff('month', f.cohort_month, a.activity_month) as months_later,
    count(*) as customers
from active_months as a
inner join first_months as f
    on f.customer_id = a.customer_id
group by f.cohort_month, datediff('month', f.cohort_month, a.activity_month)
order by cohort_month, months_later
