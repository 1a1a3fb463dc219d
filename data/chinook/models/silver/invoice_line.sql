-- Invoice lines, one row each: the newest usable version whose invoice and track are known. A
-- missing or unreadable price is imputed from the track. Lines without their invoice or track
-- wait in bronze and come in when it is delivered.
{{ config(unique_key='invoice_line_id', dist='invoice_id', sort='invoice_line_id') }}

with open_rows as (

    select
        s.*,
        parent_track.unit_price as track_unit_price,
        row_number() over (partition by s.invoice_line_id order by {{ newest_first('s') }}) as version_rank
    from {{ ref('stg_invoice_line') }} as s
    inner join {{ ref('invoice') }} as parent_invoice
        on parent_invoice.invoice_id = s.invoice_id
    inner join {{ ref('track') }} as parent_track
        on parent_track.track_id = s.track_id
    {% if is_incremental() %}
    left join {{ this }} as kept
        on kept.invoice_line_id = s.invoice_line_id
    {% endif %}
    where s.reject_reason is null
    {% if is_incremental() %}
        and {{ is_open('s', 'invoice_line_id', "kept.unit_price_source <> 'delivered'") }}
    {% endif %}

)

select
    invoice_line_id,
    invoice_id,
    track_id,
    cast(coalesce(unit_price, track_unit_price) as numeric(10, 2)) as unit_price,
    quantity,
    cast(quantity * coalesce(unit_price, track_unit_price) as numeric(12, 2)) as line_total,
    cast(case when unit_price is not null then 'delivered' else 'track' end as varchar(20)) as unit_price_source,
    case when unit_price is null then true else false end as is_repaired,
    delivery_id,
    delivered_at,
    source_object,
    source_row
from open_rows
where version_rank = 1
