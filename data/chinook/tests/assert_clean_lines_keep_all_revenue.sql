-- When no line was a duplicate, rejected or repaired, gold has exactly the revenue of all raw lines.
with raw_revenue as (

    select
        cast(
            sum(
                {{ parse_integer(clean_text('quantity', 40)) }} * {{ parse_amount(clean_text('unitprice', 40)) }}
            ) as numeric(18, 2)
        ) as revenue
    from {{ source('bronze', 'invoiceline') }}

),

gold_revenue as (

    select cast(sum(total_revenue) as numeric(18, 2)) as revenue
    from {{ ref('fact_invoice') }}

),

dirt as (

    select duplicates + rejected + repaired as row_count
    from {{ ref('row_audit') }}
    where table_name = 'invoice_line'

)

select
    r.revenue as raw_revenue,
    g.revenue as gold_revenue
from raw_revenue as r
cross join gold_revenue as g
cross join dirt as d
where d.row_count = 0
    and coalesce(r.revenue, 0) <> coalesce(g.revenue, 0)
