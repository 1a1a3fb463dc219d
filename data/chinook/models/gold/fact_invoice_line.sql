-- Grain: one row per invoice line.
{{ config(dist='invoice_id', sort='invoice_line_id') }}

select
    l.invoice_line_id,
    l.invoice_id,
    l.track_id,
    l.unit_price,
    l.quantity,
    l.line_total as total_revenue
from {{ ref('invoice_line') }} as l
inner join {{ ref('invoice') }} as i
    on i.invoice_id = l.invoice_id
inner join {{ ref('dim_track') }} as t
    on t.track_id = l.track_id
