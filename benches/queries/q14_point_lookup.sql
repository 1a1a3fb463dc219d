-- The lines of one invoice.
select
    f.invoice_line_id,
    f.invoice_date,
    t.name as track,
    f.quantity,
    f.unit_price,
    f.total_revenue,
    f.invoice_total
from gold.fact_invoice as f
inner join gold.dim_track as t
    on t.track_id = f.track_id
where f.invoice_id = 123
order by f.invoice_line_id
