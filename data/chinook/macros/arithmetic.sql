{#- Division as the reports need it: NULL instead of an error when the divisor is zero or missing,
    operands cast first, because Redshift truncates integer division and derives the scale of a
    decimal quotient from the operands. -#}
{% macro ratio(numerator, denominator, type='numeric(18, 4)') -%}
    cast(
        cast({{ numerator }} as numeric(18, 4)) / nullif(cast({{ denominator }} as numeric(18, 4)), 0)
        as {{ type }}
    )
{%- endmacro %}

{#- `part` as a percentage of `whole`, two digits. -#}
{% macro percentage(part, whole) -%}
    cast(
        100 * cast({{ part }} as numeric(18, 2)) / nullif(cast({{ whole }} as numeric(18, 2)), 0)
        as numeric(18, 2)
    )
{%- endmacro %}

{#- Growth from `before` to `after` in percent; NULL when there is nothing to compare with. -#}
{% macro growth(after, before) -%}
    {{ percentage('(' ~ after ~ ') - (' ~ before ~ ')', before) }}
{%- endmacro %}

{#- The calendar date's key in dim_date: 20250131 for 31 January 2025. -#}
{% macro date_key(value) -%}
    cast(extract(year from {{ value }}) as integer) * 10000
        + cast(extract(month from {{ value }}) as integer) * 100
        + cast(extract(day from {{ value }}) as integer)
{%- endmacro %}
