-- Recency, frequency and monetary value as fifths of the customers, and how many are in each cell.
with newest as (

    select cast(max(invoice_date) as date) as today
    from gold.fact_invoice

),

purchases as (

    select
        customer_id,
        cast(max(invoice_date) as date) as last_purchase,
        count(distinct invoice_id) as invoices,
        sum(total_revenue) as revenue
    from gold.fact_invoice
    group by customer_id

),

scored as (

    select
        customer_id,
        last_purchase,
        revenue,
        ntile(5) over (order by last_purchase, customer_id) as recency,
        ntile(5) over (order by invoices, customer_id) as frequency,
        ntile(5) over (order by revenue, customer_id) as monetary
    from purchases

)

select
    s.recency,
    s.frequency,
    s.monetary,
    count(*) as customers,
    sum(s.revenue) as revenue,
    min(datediff('day', s.last_purchase, n.today)) as days_since_purchase
from scored as s
cross join newest as n
group by s.recency, s.frequency, s.monetary
order by s.recency desc, s.frequency desc, s.monetary desc
