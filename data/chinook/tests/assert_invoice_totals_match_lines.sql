-- The totals that were delivered equal the sums of the lines. Dirty deliveries may lack lines, so
-- this only warns.
{{ config(severity='warn') }}

select
    i.invoice_id,
    i.total,
    sum(l.line_total) as sum_of_lines
from {{ ref('invoice') }} as i
left join {{ ref('invoice_line') }} as l
    on l.invoice_id = i.invoice_id
where i.total is not null
group by i.invoice_id, i.total
having i.total <> coalesce(sum(l.line_total), 0)
