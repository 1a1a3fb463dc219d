-- The same revenue in every layer: what bronze delivered for the lines that were kept (with the
-- track's price where the delivered one is not usable), silver, both facts and the reports.
with bronze_rows as (

    select
        {{ clean_text('b.unitprice', 40) }} as unit_price_text,
        {{ clean_text('b.quantity', 40) }} as quantity_text,
        s.unit_price_source,
        t.unit_price as track_unit_price
    from {{ source('bronze', 'invoiceline') }} as b
    inner join {{ ref('invoice_line') }} as s
        on s.delivery_id = b.delivery_id and s.source_object = b._source_object and s.source_row = b._source_row
    inner join {{ ref('track') }} as t
        on t.track_id = s.track_id

),

revenues as (

    select
        cast('bronze' as varchar(40)) as layer,
        cast(
            sum(
                {{ parse_integer('quantity_text') }}
                * case
                    when unit_price_source = 'track' then track_unit_price
                    else {{ parse_amount('unit_price_text') }}
                end
            ) as numeric(18, 2)
        ) as revenue
    from bronze_rows
    union all
    select cast('silver.invoice_line' as varchar(40)), cast(sum(quantity * unit_price) as numeric(18, 2))
    from {{ ref('invoice_line') }}
    union all
    select cast('gold.fact_invoice_line' as varchar(40)), cast(sum(total_revenue) as numeric(18, 2))
    from {{ ref('fact_invoice_line') }}
    union all
    select cast('gold.fact_invoice' as varchar(40)), cast(sum(total_revenue) as numeric(18, 2))
    from {{ ref('fact_invoice') }}
    union all
    select cast('invoice totals' as varchar(40)), cast(sum(invoice_total) as numeric(18, 2))
    from (select distinct invoice_id, invoice_total from {{ ref('fact_invoice') }}) as invoices
    union all
    select cast('gold.daily_sales' as varchar(40)), cast(sum(revenue) as numeric(18, 2))
    from {{ ref('daily_sales') }}
    union all
    select cast('gold.monthly_sales' as varchar(40)), cast(sum(revenue) as numeric(18, 2))
    from {{ ref('monthly_sales') }}
    union all
    select cast('gold.yearly_sales' as varchar(40)), cast(sum(revenue) as numeric(18, 2))
    from {{ ref('yearly_sales') }}
    union all
    select cast('gold.customer_segments' as varchar(40)), cast(sum(lifetime_value) as numeric(18, 2))
    from {{ ref('customer_segments') }}
    union all
    select cast('gold.customer_retention' as varchar(40)), cast(sum(revenue) as numeric(18, 2))
    from {{ ref('customer_retention') }}

)

select
    r.layer,
    r.revenue,
    s.revenue as silver_revenue
from revenues as r
inner join revenues as s
    on s.layer = 'silver.invoice_line'
where coalesce(r.revenue, 0) <> coalesce(s.revenue, 0)
