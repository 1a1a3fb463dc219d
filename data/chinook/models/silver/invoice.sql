-- Invoices, one row each: the newest usable version whose customer is known. Invoices without
-- their customer wait in bronze and come in when the customer is delivered.
{{ config(unique_key='invoice_id', dist='invoice_id', sort='invoice_date') }}

with open_rows as (

    select
        s.*,
        parent_customer.country as customer_country,
        row_number() over (partition by s.invoice_id order by {{ newest_first('s') }}) as version_rank
    from {{ ref('stg_invoice') }} as s
    inner join {{ ref('customer') }} as parent_customer
        on parent_customer.customer_id = s.customer_id
    {% if is_incremental() %}
    left join {{ this }} as kept
        on kept.invoice_id = s.invoice_id
    {% endif %}
    where s.reject_reason is null
    {% if is_incremental() %}
        and {{ is_open('s', 'invoice_id', "kept.billing_country_source <> 'delivered'") }}
    {% endif %}

)

select
    invoice_id,
    customer_id,
    invoice_date,
    billing_address,
    billing_city,
    billing_state,
    cast(coalesce(billing_country, customer_country) as varchar(100)) as billing_country,
    billing_postal_code,
    total,
    cast(case when billing_country is not null then 'delivered' else 'customer' end as varchar(20)) as billing_country_source,
    case when billing_country is null or total is null then true else false end as is_repaired,
    delivery_id,
    delivered_at,
    source_object,
    source_row
from open_rows
where version_rank = 1
