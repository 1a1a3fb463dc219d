-- Albums, one row each: the newest usable version.
{{ config(unique_key='album_id', dist='all', sort='album_id') }}

with new_rows as (

    select
        s.*,
        row_number() over (partition by s.album_id order by {{ newest_first('s') }}) as version_rank
    from {{ ref('stg_album') }} as s
    where s.reject_reason is null
    {% if is_incremental() %}
        and {{ is_new_delivery('s') }}
    {% endif %}

)

select
    album_id,
    cast(coalesce(title, 'Unknown album') as varchar(200)) as title,
    artist_id,
    case when title is null then true else false end as is_repaired,
    delivery_id,
    delivered_at,
    source_object,
    source_row
from new_rows
where version_rank = 1
