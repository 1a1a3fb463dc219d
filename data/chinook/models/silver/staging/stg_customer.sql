-- Every raw customer row with its values parsed, and why it cannot be used, if so.
with text_values as (

    select
        {{ clean_text('customerid', 40) }} as customer_id_text,
        {{ clean_text('firstname', 100) }} as first_name_text,
        {{ clean_text('lastname', 100) }} as last_name_text,
        {{ clean_text('company', 200) }} as company_text,
        {{ clean_text('address', 200) }} as address_text,
        {{ clean_text('city', 100) }} as city_text,
        {{ clean_text('state', 100) }} as state_text,
        {{ clean_text('country', 100) }} as country_text,
        {{ clean_text('postalcode', 40) }} as postal_code_text,
        {{ clean_text('phone', 40) }} as phone_text,
        {{ clean_text('fax', 40) }} as fax_text,
        {{ clean_text('email', 200) }} as email_text,
        {{ clean_text('supportrepid', 40) }} as support_rep_id_text,
        {{ lineage() }}
    from {{ source('bronze', 'customer') }}

)

select
    {{ parse_key('t.customer_id_text') }} as customer_id,
    cast(t.first_name_text as varchar(100)) as first_name,
    cast(t.last_name_text as varchar(100)) as last_name,
    cast(t.company_text as varchar(200)) as company,
    cast(t.address_text as varchar(200)) as address,
    cast(t.city_text as varchar(100)) as city,
    cast(t.state_text as varchar(100)) as state,
    cast(nullif(coalesce(country.standard, t.country_text), 'Unknown') as varchar(100)) as country,
    cast(t.postal_code_text as varchar(40)) as postal_code,
    cast(t.phone_text as varchar(40)) as phone,
    cast(t.fax_text as varchar(40)) as fax,
    cast(case when t.email_text like '%@%' then t.email_text end as varchar(200)) as email,
    {{ parse_key('t.support_rep_id_text') }} as support_rep_id,
    t.customer_id_text as row_key,
    case
        when {{ parse_key('t.customer_id_text') }} is null then 'customer_id is missing or not a number'
    end as reject_reason,
    t.delivery_id,
    t.delivered_at,
    t.source_object,
    t.source_row
from text_values as t
left join {{ ref('country_names') }} as country
    on country.variant = {{ category_key('t.country_text') }}
