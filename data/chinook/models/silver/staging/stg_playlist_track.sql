-- Every raw playlist entry with its keys parsed, and why it cannot be used, if so.
with text_values as (

    select
        {{ clean_text('playlistid', 40) }} as playlist_id_text,
        {{ clean_text('trackid', 40) }} as track_id_text,
        {{ lineage() }}
    from {{ source('bronze', 'playlisttrack') }}

)

select
    {{ parse_key('t.playlist_id_text') }} as playlist_id,
    {{ parse_key('t.track_id_text') }} as track_id,
    coalesce(t.playlist_id_text, '') || ',' || coalesce(t.track_id_text, '') as row_key,
    case
        when {{ parse_key('t.playlist_id_text') }} is null then 'playlist_id is missing or not a number'
        when {{ parse_key('t.track_id_text') }} is null then 'track_id is missing or not a number'
    end as reject_reason,
    t.delivery_id,
    t.delivered_at,
    t.source_object,
    t.source_row
from text_values as t
