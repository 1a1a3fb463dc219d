-- The customers with the highest lifetime value, and how many days lie between their purchases.
with purchases as (

    select
        customer_id,
        count(distinct invoice_id) as invoices,
        sum(total_revenue) as lifetime_value,
        cast(min(invoice_date) as date) as first_purchase,
        cast(max(invoice_date) as date) as last_purchase
    from gold.fact_invoice
    group by customer_id

)

select
    p.customer_id,
    c.last_name || ', ' || c.first_name as customer,
    p.invoices,
    p.lifetime_value,
    cast(p.lifetime_value as double precision) / p.invoices as average_order_value,
    datediff('day', p.first_purchase, p.last_purchase) as days_active
from purchases as p
inner join gold.dim_customer as c
    on c.customer_id = p.customer_id
order by p.lifetime_value desc, p.customer_id
limit 100
