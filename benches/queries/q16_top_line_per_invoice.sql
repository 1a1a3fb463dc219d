-- The dearest line of each invoice: how many, and what they earned together.
with ranked as (

    select
        invoice_id,
        total_revenue,
        row_number() over (partition by invoice_id order by total_revenue desc) as line_rank
    from gold.fact_invoice

)

select
    count(*) as invoices,
    sum(total_revenue) as revenue,
    max(total_revenue) as highest
from ranked
where line_rank = 1
