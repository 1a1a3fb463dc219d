-- Employees, one row each: the newest usable version.
{{ config(unique_key='employee_id', dist='all', sort='employee_id') }}

with new_rows as (

    select
        s.*,
        row_number() over (partition by s.employee_id order by {{ newest_first('s') }}) as version_rank
    from {{ ref('stg_employee') }} as s
    where s.reject_reason is null
    {% if is_incremental() %}
        and {{ is_new_delivery('s') }}
    {% endif %}

)

select
    employee_id,
    cast(coalesce(last_name, 'Unknown') as varchar(100)) as last_name,
    cast(coalesce(first_name, 'Unknown') as varchar(100)) as first_name,
    cast(coalesce(title, 'Unknown') as varchar(100)) as title,
    reports_to,
    birth_date,
    hire_date,
    address,
    city,
    state,
    cast(coalesce(country, 'Unknown') as varchar(100)) as country,
    postal_code,
    phone,
    fax,
    email,
    case
        when last_name is null or first_name is null or title is null or country is null then true
        else false
    end as is_repaired,
    delivery_id,
    delivered_at,
    source_object,
    source_row
from new_rows
where version_rank = 1
