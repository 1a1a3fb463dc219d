-- Customers, one row each: the newest usable version. Country and e-mail are imputed, the
-- country from an older version or from the customer's invoices.
{{ config(unique_key='customer_id', dist='all', sort='customer_id') }}

with open_rows as (

    select
        s.*,
        row_number() over (partition by s.customer_id order by {{ newest_first('s') }}) as version_rank
    from {{ ref('stg_customer') }} as s
    {% if is_incremental() %}
    left join {{ this }} as kept
        on kept.customer_id = s.customer_id
    {% endif %}
    where s.reject_reason is null
    {% if is_incremental() %}
        and {{ is_open('s', 'customer_id', "(kept.country_source <> 'delivered' or kept.email_source <> 'delivered')") }}
    {% endif %}

),

known_countries as (

    select
        s.customer_id,
        s.country,
        row_number() over (partition by s.customer_id order by {{ newest_first('s') }}) as version_rank
    from {{ ref('stg_customer') }} as s
    where s.reject_reason is null
        and s.country is not null

),

known_emails as (

    select
        s.customer_id,
        s.email,
        row_number() over (partition by s.customer_id order by {{ newest_first('s') }}) as version_rank
    from {{ ref('stg_customer') }} as s
    where s.reject_reason is null
        and s.email is not null

),

billing_countries as (

    select
        s.customer_id,
        s.billing_country as country,
        row_number() over (
            partition by s.customer_id order by s.invoice_date desc, s.invoice_id desc, {{ newest_first('s') }}
        ) as version_rank
    from {{ ref('stg_invoice') }} as s
    where s.reject_reason is null
        and s.billing_country is not null
        and s.customer_id in (select customer_id from open_rows where version_rank = 1 and country is null)

)

select
    o.customer_id,
    cast(coalesce(o.first_name, 'Unknown') as varchar(100)) as first_name,
    cast(coalesce(o.last_name, 'Unknown') as varchar(100)) as last_name,
    o.company,
    o.address,
    o.city,
    o.state,
    cast(coalesce(o.country, k.country, b.country, 'Unknown') as varchar(100)) as country,
    o.postal_code,
    o.phone,
    o.fax,
    cast(coalesce(o.email, e.email, 'unknown') as varchar(200)) as email,
    o.support_rep_id,
    cast(
        case
            when o.country is not null then 'delivered'
            when k.country is not null then 'older version'
            when b.country is not null then 'invoice'
            else 'unknown'
        end as varchar(20)
    ) as country_source,
    cast(
        case
            when o.email is not null then 'delivered'
            when e.email is not null then 'older version'
            else 'unknown'
        end as varchar(20)
    ) as email_source,
    case
        when o.first_name is null or o.last_name is null or o.country is null or o.email is null then true
        else false
    end as is_repaired,
    o.delivery_id,
    o.delivered_at,
    o.source_object,
    o.source_row
from open_rows as o
left join known_countries as k
    on k.customer_id = o.customer_id and k.version_rank = 1
left join known_emails as e
    on e.customer_id = o.customer_id and e.version_rank = 1
left join billing_countries as b
    on b.customer_id = o.customer_id and b.version_rank = 1
where o.version_rank = 1
