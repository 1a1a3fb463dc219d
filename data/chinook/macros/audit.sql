{#- Rows of a staging model that cannot be used whatever else is delivered. -#}
{% macro unusable_rows(table_name, staging) -%}
    select
        cast('{{ table_name }}' as varchar(40)) as table_name,
        cast(s.row_key as varchar(100)) as row_key,
        cast(s.reject_reason as varchar(200)) as reason,
        s.delivery_id,
        s.source_object,
        s.source_row
    from {{ staging }} as s
    where s.reject_reason is not null
{%- endmacro %}

{#- One line of the audit. `usable` is a query with one row for each bronze row that is usable and
    has its parents, with the key columns `keys`; `repaired` counts the rows with imputed values. -#}
{% macro audit_row(table_name, bronze, silver, usable, keys) -%}
    select
        cast('{{ table_name }}' as varchar(40)) as table_name,
        cast(bronze_count.row_count as bigint) as bronze_rows,
        cast(silver_count.row_count as bigint) as kept,
        cast(duplicate_count.row_count as bigint) as duplicates,
        cast(reject_count.row_count as bigint) as rejected,
        cast(silver_count.repaired_count as bigint) as repaired
    from (select count(*) as row_count from {{ bronze }}) as bronze_count
    cross join (
        select count(*) as row_count, coalesce(sum(case when is_repaired then 1 else 0 end), 0) as repaired_count
        from {{ silver }}
    ) as silver_count
    cross join (
        select coalesce(sum(copies - 1), 0) as row_count
        from (select count(*) as copies from ({{ usable }}) as u group by {{ keys }}) as versions
    ) as duplicate_count
    cross join (
        select count(*) as row_count from {{ ref('rejected_rows') }} where table_name = '{{ table_name }}'
    ) as reject_count
{%- endmacro %}
