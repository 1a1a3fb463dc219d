-- Every raw media type row with its values parsed, and why it cannot be used, if so.
with text_values as (

    select
        {{ clean_text('mediatypeid', 40) }} as media_type_id_text,
        {{ clean_text('name', 200) }} as name_text,
        {{ lineage() }}
    from {{ source('bronze', 'mediatype') }}

)

select
    {{ parse_key('t.media_type_id_text') }} as media_type_id,
    cast(coalesce(c.standard, t.name_text) as varchar(200)) as name,
    t.media_type_id_text as row_key,
    case
        when {{ parse_key('t.media_type_id_text') }} is null then 'media_type_id is missing or not a number'
    end as reject_reason,
    t.delivery_id,
    t.delivered_at,
    t.source_object,
    t.source_row
from text_values as t
left join {{ ref('category_names') }} as c
    on c.category = 'media_type' and c.variant = {{ category_key('t.name_text') }}
