-- A manager who was never delivered becomes NULL.
{{ config(dist='all', sort='employee_id') }}

select
    e.employee_id,
    e.last_name,
    e.first_name,
    e.title,
    m.employee_id as reports_to,
    e.birth_date,
    e.hire_date,
    e.address,
    e.city,
    e.state,
    e.country,
    e.postal_code,
    e.phone,
    e.fax,
    e.email
from {{ ref('employee') }} as e
left join {{ ref('employee') }} as m
    on m.employee_id = e.reports_to
