-- Sales of each day.
select
    cast(invoice_date as date) as sales_date,
    count(distinct invoice_id) as invoices,
    sum(quantity) as units,
    sum(total_revenue) as revenue
from gold.fact_invoice
group by cast(invoice_date as date)
order by sales_date
