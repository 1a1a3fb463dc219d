-- A rejected line or invoice is not in silver at the same time.
select r.table_name, r.source_object, r.source_row
from {{ ref('rejected_rows') }} as r
inner join {{ ref('invoice_line') }} as s
    on s.delivery_id = r.delivery_id and s.source_object = r.source_object and s.source_row = r.source_row
where r.table_name = 'invoice_line'
union all
select r.table_name, r.source_object, r.source_row
from {{ ref('rejected_rows') }} as r
inner join {{ ref('invoice') }} as s
    on s.delivery_id = r.delivery_id and s.source_object = r.source_object and s.source_row = r.source_row
where r.table_name = 'invoice'
