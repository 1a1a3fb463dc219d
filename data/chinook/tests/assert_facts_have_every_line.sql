-- No join of the facts loses or multiplies lines.
with line_counts as (

    select
        (select count(*) from {{ ref('invoice_line') }}) as silver_lines,
        (select count(*) from {{ ref('fact_invoice_line') }}) as fact_invoice_line_rows,
        (select count(*) from {{ ref('fact_invoice') }}) as fact_invoice_rows

)

select *
from line_counts
where silver_lines <> fact_invoice_line_rows
    or silver_lines <> fact_invoice_rows
