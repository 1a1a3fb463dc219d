-- Artists, one row each: the newest usable version.
{{ config(unique_key='artist_id', dist='all', sort='artist_id') }}

with new_rows as (

    select
        s.*,
        row_number() over (partition by s.artist_id order by {{ newest_first('s') }}) as version_rank
    from {{ ref('stg_artist') }} as s
    where s.reject_reason is null
    {% if is_incremental() %}
        and {{ is_new_delivery('s') }}
    {% endif %}

)

select
    artist_id,
    cast(coalesce(name, 'Unknown artist') as varchar(200)) as name,
    case when name is null then true else false end as is_repaired,
    delivery_id,
    delivered_at,
    source_object,
    source_row
from new_rows
where version_rank = 1
