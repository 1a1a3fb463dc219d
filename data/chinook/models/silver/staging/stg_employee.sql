-- Every raw employee row with its values parsed, and why it cannot be used, if so.
with text_values as (

    select
        {{ clean_text('employeeid', 40) }} as employee_id_text,
        {{ clean_text('lastname', 100) }} as last_name_text,
        {{ clean_text('firstname', 100) }} as first_name_text,
        {{ clean_text('title', 100) }} as title_text,
        {{ clean_text('reportsto', 40) }} as reports_to_text,
        {{ clean_text('birthdate', 40) }} as birth_date_text,
        {{ clean_text('hiredate', 40) }} as hire_date_text,
        {{ clean_text('address', 200) }} as address_text,
        {{ clean_text('city', 100) }} as city_text,
        {{ clean_text('state', 100) }} as state_text,
        {{ clean_text('country', 100) }} as country_text,
        {{ clean_text('postalcode', 40) }} as postal_code_text,
        {{ clean_text('phone', 40) }} as phone_text,
        {{ clean_text('fax', 40) }} as fax_text,
        {{ clean_text('email', 200) }} as email_text,
        {{ lineage() }}
    from {{ source('bronze', 'employee') }}

),

iso_dates as (

    select
        t.*,
        {{ iso_date_text('t.birth_date_text') }} as birth_date_iso,
        {{ iso_date_text('t.hire_date_text') }} as hire_date_iso
    from text_values as t

)

select
    {{ parse_key('i.employee_id_text') }} as employee_id,
    cast(i.last_name_text as varchar(100)) as last_name,
    cast(i.first_name_text as varchar(100)) as first_name,
    cast(coalesce(title.standard, i.title_text) as varchar(100)) as title,
    {{ parse_key('i.reports_to_text') }} as reports_to,
    {{ parse_iso_timestamp('i.birth_date_iso') }} as birth_date,
    {{ parse_iso_timestamp('i.hire_date_iso') }} as hire_date,
    cast(i.address_text as varchar(200)) as address,
    cast(i.city_text as varchar(100)) as city,
    cast(i.state_text as varchar(100)) as state,
    cast(nullif(coalesce(country.standard, i.country_text), 'Unknown') as varchar(100)) as country,
    cast(i.postal_code_text as varchar(40)) as postal_code,
    cast(i.phone_text as varchar(40)) as phone,
    cast(i.fax_text as varchar(40)) as fax,
    cast(case when i.email_text like '%@%' then i.email_text end as varchar(200)) as email,
    i.employee_id_text as row_key,
    case
        when {{ parse_key('i.employee_id_text') }} is null then 'employee_id is missing or not a number'
    end as reject_reason,
    i.delivery_id,
    i.delivered_at,
    i.source_object,
    i.source_row
from iso_dates as i
left join {{ ref('country_names') }} as country
    on country.variant = {{ category_key('i.country_text') }}
left join {{ ref('category_names') }} as title
    on title.category = 'title' and title.variant = {{ category_key('i.title_text') }}
