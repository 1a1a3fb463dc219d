-- Which track is on which playlist, each pair once; pairs without their playlist or track wait.
{{ config(unique_key='playlist_track_id', dist='playlist_id', sort=['playlist_id', 'track_id']) }}

with open_rows as (

    select
        s.*,
        row_number() over (
            partition by s.playlist_id, s.track_id order by {{ newest_first('s') }}
        ) as version_rank
    from {{ ref('stg_playlist_track') }} as s
    inner join {{ ref('playlist') }} as parent_playlist
        on parent_playlist.playlist_id = s.playlist_id
    inner join {{ ref('track') }} as parent_track
        on parent_track.track_id = s.track_id
    {% if is_incremental() %}
    left join {{ this }} as kept
        on kept.playlist_id = s.playlist_id and kept.track_id = s.track_id
    {% endif %}
    where s.reject_reason is null
    {% if is_incremental() %}
        and {{ is_open('s', 'playlist_id') }}
    {% endif %}

)

select
    -- Ids have at most nine digits (macro parse_key), so the pair has a number of its own.
    cast(playlist_id as bigint) * 1000000000 + track_id as playlist_track_id,
    playlist_id,
    track_id,
    false as is_repaired,
    delivery_id,
    delivered_at,
    source_object,
    source_row
from open_rows
where version_rank = 1
