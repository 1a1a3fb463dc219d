{#- Parsing of raw values. The data catalog infers the types of bronze from the data, so one bad
    value turns a whole column into varchar. Every staging model therefore first makes text of a
    column, whatever its type, with clean_text, and then parses that text; what cannot be parsed
    becomes NULL instead of an error. -#}

{#- The column as text without surrounding blanks, tabs and line ends; NULL when nothing is left. -#}
{% macro clean_text(column, length=256) -%}
    nullif(btrim(cast({{ column }} as varchar({{ length }})), ' ' || chr(9) || chr(10) || chr(13)), '')
{%- endmacro %}

{#- A key: a whole number, not negative; 17 and 17.0 are the same. -#}
{% macro parse_key(text) -%}
    case when {{ text }} ~ '^[0-9]{1,9}([.]0+)?$' then cast(split_part({{ text }}, '.', 1) as integer) end
{%- endmacro %}

{#- A whole number of at most nine digits. -#}
{% macro parse_integer(text) -%}
    case when {{ text }} ~ '^-?[0-9]{1,9}([.]0+)?$' then cast(split_part({{ text }}, '.', 1) as integer) end
{%- endmacro %}

{#- A whole number of at most eighteen digits. -#}
{% macro parse_bigint(text) -%}
    case when {{ text }} ~ '^-?[0-9]{1,18}([.]0+)?$' then cast(split_part({{ text }}, '.', 1) as bigint) end
{%- endmacro %}

{#- An amount of money. A dollar sign and a decimal comma with one or two digits are understood;
    anything else that is not a number is NULL. -#}
{% macro parse_amount(text) -%}
    case
        when {{ text }} ~ '^-?[$]?[0-9]{1,8}([.][0-9]{1,10}|,[0-9]{1,2})?$'
            then cast(replace(replace({{ text }}, '$', ''), ',', '.') as numeric(10, 2))
    end
{%- endmacro %}

{#- ISO text of a point in time. Two formats are delivered: YYYY-MM-DD[ HH24:MI[:SS]] (with a T in
    place of the blank as well) and DD/MM/YYYY[ HH24:MI[:SS]]. -#}
{% macro iso_date_text(text) -%}
    case
        when {{ text }} ~ '^[0-9]{2}/[0-9]{2}/[0-9]{4}'
            then substring({{ text }}, 7, 4) || '-' || substring({{ text }}, 4, 2) || '-' || substring({{ text }}, 1, 2)
                || substring({{ text }}, 11, 40)
        else replace({{ text }}, 'T', ' ')
    end
{%- endmacro %}

{#- The timestamp in a text made by iso_date_text. The pattern admits only days that exist, 29
    February in leap years included, so the cast cannot fail. -#}
{% macro parse_iso_timestamp(iso) -%}
    case
        when {{ iso }} || case length({{ iso }}) when 10 then ' 00:00:00' when 16 then ':00' else '' end
            ~ '^(([12][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])))|([12][0-9](0[48]|[2468][048]|[13579][26])|(12|16|20|24|28)00)-02-29) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?$'
            then cast({{ iso }} || case length({{ iso }}) when 10 then ' 00:00:00' when 16 then ':00' else '' end as timestamp)
    end
{%- endmacro %}

{#- What a name is looked up by in the seeds: lower case, no dots, so that U.S.A. is usa. -#}
{% macro category_key(text) -%}
    lower(replace({{ text }}, '.', ''))
{%- endmacro %}

{#- Where a bronze row came from; the last four columns of every staging model. -#}
{% macro lineage() -%}
    cast(delivery_id as bigint) as delivery_id,
        cast(_delivered_at as timestamp) as delivered_at,
        cast(_source_object as varchar(1024)) as source_object,
        cast(_source_row as bigint) as source_row
{%- endmacro %}
