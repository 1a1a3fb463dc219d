-- Every raw playlist row with its values parsed, and why it cannot be used, if so.
with text_values as (

    select
        {{ clean_text('playlistid', 40) }} as playlist_id_text,
        {{ clean_text('name', 200) }} as name_text,
        {{ lineage() }}
    from {{ source('bronze', 'playlist') }}

)

select
    {{ parse_key('t.playlist_id_text') }} as playlist_id,
    cast(t.name_text as varchar(200)) as name,
    t.playlist_id_text as row_key,
    case
        when {{ parse_key('t.playlist_id_text') }} is null then 'playlist_id is missing or not a number'
    end as reject_reason,
    t.delivery_id,
    t.delivered_at,
    t.source_object,
    t.source_row
from text_values as t
