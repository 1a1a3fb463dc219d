-- A support representative who was never delivered becomes NULL.
{{ config(dist='all', sort='customer_id') }}

select
    c.customer_id,
    c.first_name,
    c.last_name,
    c.company,
    c.address,
    c.city,
    c.state,
    c.country,
    c.postal_code,
    c.phone,
    c.fax,
    c.email,
    e.employee_id as support_rep_id
from {{ ref('customer') }} as c
left join {{ ref('dim_employee') }} as e
    on e.employee_id = c.support_rep_id
