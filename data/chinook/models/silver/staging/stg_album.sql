-- Every raw album row with its values parsed, and why it cannot be used, if so.
with text_values as (

    select
        {{ clean_text('albumid', 40) }} as album_id_text,
        {{ clean_text('title', 200) }} as title_text,
        {{ clean_text('artistid', 40) }} as artist_id_text,
        {{ lineage() }}
    from {{ source('bronze', 'album') }}

)

select
    {{ parse_key('t.album_id_text') }} as album_id,
    cast(t.title_text as varchar(200)) as title,
    {{ parse_key('t.artist_id_text') }} as artist_id,
    t.album_id_text as row_key,
    case
        when {{ parse_key('t.album_id_text') }} is null then 'album_id is missing or not a number'
    end as reject_reason,
    t.delivery_id,
    t.delivered_at,
    t.source_object,
    t.source_row
from text_values as t
