-- Whom to win back: customers who have not bought for longer than var reengage_after_days, the
-- most valuable first, with what they like and who looks after them.
{{ config(sort='priority_rank') }}

with lapsed as (

    select
        customer_id,
        row_number() over (order by lifetime_value desc, recency_days desc, customer_id) as priority_rank
    from {{ ref('customer_segments') }}
    where recency_days > {{ var('reengage_after_days') }}

)

select
    cast(l.priority_rank as integer) as priority_rank,
    s.customer_id,
    s.first_name,
    s.last_name,
    s.email,
    case when s.email like '%@%' then true else false end as can_be_mailed,
    s.country,
    s.segment,
    s.value_tier,
    s.lifetime_value,
    s.invoices,
    s.last_purchase_date,
    s.recency_days,
    s.favourite_genre,
    e.employee_id,
    cast(e.first_name || ' ' || e.last_name as varchar(201)) as employee_name
from lapsed as l
inner join {{ ref('customer_segments') }} as s
    on s.customer_id = l.customer_id
inner join {{ ref('dim_customer') }} as c
    on c.customer_id = l.customer_id
left join {{ ref('dim_employee') }} as e
    on e.employee_id = c.support_rep_id
order by priority_rank
