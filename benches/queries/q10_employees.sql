-- What each employee sold in each year, and the share in that year's revenue.
select
    e.employee_id,
    e.first_name || ' ' || e.last_name as employee,
    extract(year from f.invoice_date) as sales_year,
    count(distinct f.customer_id) as customers,
    count(distinct f.invoice_id) as invoices,
    count(distinct f.track_id) as tracks,
    sum(f.total_revenue) as revenue,
    cast(sum(f.total_revenue) as double precision)
        / cast(sum(sum(f.total_revenue)) over (partition by extract(year from f.invoice_date)) as double precision) as share
from gold.fact_invoice as f
inner join gold.dim_employee as e
    on e.employee_id = f.employee_id
group by e.employee_id, e.first_name || ' ' || e.last_name, extract(year from f.invoice_date)
order by sales_year, revenue desc, e.employee_id
