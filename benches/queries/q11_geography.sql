-- Customers, invoices and revenue of each country, and its share of everything.
select
    billing_country,
    count(distinct customer_id) as customers,
    count(distinct invoice_id) as invoices,
    sum(total_revenue) as revenue,
    cast(sum(total_revenue) as double precision)
        / cast(sum(sum(total_revenue)) over () as double precision) as share
from gold.fact_invoice
group by billing_country
order by revenue desc, billing_country
