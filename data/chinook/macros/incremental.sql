{#- What the incremental silver models share. -#}

{#- Order in which the first version of a row is the newest. -#}
{% macro newest_first(alias) -%}
    {{ alias }}.delivery_id desc, {{ alias }}.delivered_at desc, {{ alias }}.source_object desc, {{ alias }}.source_row desc
{%- endmacro %}

{#- The deliveries that the model has not seen yet: for models whose rows depend on nothing but
    their own bronze row. Compares with the newest delivery among the rows kept. -#}
{% macro is_new_delivery(alias) -%}
    {{ alias }}.delivery_id > (select coalesce(max(delivery_id), 0) from {{ this }})
{%- endmacro %}

{#- The rows that an incremental run has to look at again, for models whose rows depend on other
    tables (parents that must exist, values imputed from elsewhere). `kept` is the model itself,
    left joined on its key. A row is open when
      - its delivery is new, or
      - nothing is kept under its key (its parent was missing so far), or
      - it is newer than the version that is kept (same reason), or
      - it is the version that is kept and a value in it was imputed (`reopen`): the source of
        that value may have changed.
    So the order in which parents and children are delivered does not change the outcome. -#}
{% macro is_open(alias, key, reopen='1 = 0') -%}
    (
        {{ is_new_delivery(alias) }}
        or kept.{{ key }} is null
        or {{ alias }}.delivery_id > kept.delivery_id
        or ({{ alias }}.delivery_id = kept.delivery_id
            and {{ alias }}.delivered_at > kept.delivered_at)
        or ({{ alias }}.delivery_id = kept.delivery_id
            and {{ alias }}.delivered_at = kept.delivered_at
            and {{ alias }}.source_object > kept.source_object)
        or ({{ alias }}.delivery_id = kept.delivery_id
            and {{ alias }}.delivered_at = kept.delivered_at
            and {{ alias }}.source_object = kept.source_object
            and {{ alias }}.source_row > kept.source_row)
        or ({{ reopen }}
            and {{ alias }}.delivery_id = kept.delivery_id
            and {{ alias }}.source_object = kept.source_object
            and {{ alias }}.source_row = kept.source_row)
    )
{%- endmacro %}
