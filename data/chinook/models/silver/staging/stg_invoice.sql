-- Every raw invoice row with its values parsed, and why it cannot be used, if so.
with text_values as (

    select
        {{ clean_text('invoiceid', 40) }} as invoice_id_text,
        {{ clean_text('customerid', 40) }} as customer_id_text,
        {{ clean_text('invoicedate', 40) }} as invoice_date_text,
        {{ clean_text('billingaddress', 200) }} as billing_address_text,
        {{ clean_text('billingcity', 100) }} as billing_city_text,
        {{ clean_text('billingstate', 100) }} as billing_state_text,
        {{ clean_text('billingcountry', 100) }} as billing_country_text,
        {{ clean_text('billingpostalcode', 40) }} as billing_postal_code_text,
        {{ clean_text('total', 40) }} as total_text,
        {{ lineage() }}
    from {{ source('bronze', 'invoice') }}

),

iso_dates as (

    select
        t.*,
        {{ iso_date_text('t.invoice_date_text') }} as invoice_date_iso
    from text_values as t

),

parsed as (

    select
        i.*,
        {{ parse_key('i.invoice_id_text') }} as invoice_id,
        {{ parse_key('i.customer_id_text') }} as customer_id,
        {{ parse_iso_timestamp('i.invoice_date_iso') }} as invoice_date,
        {{ parse_amount('i.total_text') }} as parsed_total
    from iso_dates as i

)

select
    p.invoice_id,
    p.customer_id,
    p.invoice_date,
    cast(p.billing_address_text as varchar(200)) as billing_address,
    cast(p.billing_city_text as varchar(100)) as billing_city,
    cast(p.billing_state_text as varchar(100)) as billing_state,
    cast(nullif(coalesce(country.standard, p.billing_country_text), 'Unknown') as varchar(100)) as billing_country,
    cast(p.billing_postal_code_text as varchar(40)) as billing_postal_code,
    case when p.parsed_total >= 0 then p.parsed_total end as total,
    p.invoice_id_text as row_key,
    case
        when p.invoice_id is null then 'invoice_id is missing or not a number'
        when p.customer_id is null then 'customer_id is missing or not a number'
        when p.invoice_date is null then 'invoice_date is missing or not a date'
        when p.invoice_date < cast('{{ var("first_invoice_date") }}' as timestamp)
            or p.invoice_date > cast('{{ var("last_invoice_date") }}' as timestamp)
            then 'invoice_date is out of bounds'
    end as reject_reason,
    p.delivery_id,
    p.delivered_at,
    p.source_object,
    p.source_row
from parsed as p
left join {{ ref('country_names') }} as country
    on country.variant = {{ category_key('p.billing_country_text') }}
