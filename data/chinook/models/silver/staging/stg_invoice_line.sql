-- Every raw invoice line with its values parsed, and why it cannot be used, if so.
with text_values as (

    select
        {{ clean_text('invoicelineid', 40) }} as invoice_line_id_text,
        {{ clean_text('invoiceid', 40) }} as invoice_id_text,
        {{ clean_text('trackid', 40) }} as track_id_text,
        {{ clean_text('unitprice', 40) }} as unit_price_text,
        {{ clean_text('quantity', 40) }} as quantity_text,
        {{ lineage() }}
    from {{ source('bronze', 'invoiceline') }}

),

parsed as (

    select
        t.*,
        {{ parse_key('t.invoice_line_id_text') }} as invoice_line_id,
        {{ parse_key('t.invoice_id_text') }} as invoice_id,
        {{ parse_key('t.track_id_text') }} as track_id,
        {{ parse_amount('t.unit_price_text') }} as parsed_unit_price,
        {{ parse_integer('t.quantity_text') }} as quantity
    from text_values as t

)

select
    p.invoice_line_id,
    p.invoice_id,
    p.track_id,
    case
        when p.parsed_unit_price >= 0 and p.parsed_unit_price <= {{ var('max_unit_price') }} then p.parsed_unit_price
    end as unit_price,
    p.quantity,
    p.invoice_line_id_text as row_key,
    case
        when p.invoice_line_id is null then 'invoice_line_id is missing or not a number'
        when p.invoice_id is null then 'invoice_id is missing or not a number'
        when p.track_id is null then 'track_id is missing or not a number'
        when p.quantity is null then 'quantity is missing or not a whole number'
        when p.quantity <= 0 then 'quantity is not positive'
        when p.quantity > {{ var('max_quantity') }} then 'quantity is absurd'
    end as reject_reason,
    p.delivery_id,
    p.delivered_at,
    p.source_object,
    p.source_row
from parsed as p
