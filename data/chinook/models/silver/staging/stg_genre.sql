-- Every raw genre row with its values parsed, and why it cannot be used, if so.
with text_values as (

    select
        {{ clean_text('genreid', 40) }} as genre_id_text,
        {{ clean_text('name', 200) }} as name_text,
        {{ lineage() }}
    from {{ source('bronze', 'genre') }}

)

select
    {{ parse_key('t.genre_id_text') }} as genre_id,
    cast(coalesce(c.standard, t.name_text) as varchar(200)) as name,
    t.genre_id_text as row_key,
    case
        when {{ parse_key('t.genre_id_text') }} is null then 'genre_id is missing or not a number'
    end as reject_reason,
    t.delivery_id,
    t.delivered_at,
    t.source_object,
    t.source_row
from text_values as t
left join {{ ref('category_names') }} as c
    on c.category = 'genre' and c.variant = {{ category_key('t.name_text') }}
