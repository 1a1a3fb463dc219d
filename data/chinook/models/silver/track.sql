-- Tracks, one row each: the newest usable version. A missing or unreadable price is
-- imputed from the tracks of the same media type.
{{ config(unique_key='track_id', dist='all', sort='track_id') }}

with open_rows as (

    select
        s.*,
        row_number() over (partition by s.track_id order by {{ newest_first('s') }}) as version_rank
    from {{ ref('stg_track') }} as s
    {% if is_incremental() %}
    left join {{ this }} as kept
        on kept.track_id = s.track_id
    {% endif %}
    where s.reject_reason is null
    {% if is_incremental() %}
        and {{ is_open('s', 'track_id', "kept.unit_price_source <> 'delivered'") }}
    {% endif %}

),

-- How often each price was delivered for a media type; the most frequent, then the lowest, wins.
media_type_prices as (

    select
        media_type_id,
        unit_price,
        row_number() over (partition by media_type_id order by count(*) desc, unit_price) as price_rank
    from {{ ref('stg_track') }}
    where reject_reason is null
        and media_type_id is not null
        and unit_price is not null
    group by media_type_id, unit_price

)

select
    o.track_id,
    cast(coalesce(o.name, 'Unknown track') as varchar(300)) as name,
    o.album_id,
    o.media_type_id,
    o.genre_id,
    o.composer,
    o.milliseconds,
    o.bytes,
    cast(coalesce(o.unit_price, p.unit_price, {{ var('default_unit_price') }}) as numeric(10, 2)) as unit_price,
    cast(
        case
            when o.unit_price is not null then 'delivered'
            when p.unit_price is not null then 'media type'
            else 'default'
        end as varchar(20)
    ) as unit_price_source,
    case when o.name is null or o.unit_price is null then true else false end as is_repaired,
    o.delivery_id,
    o.delivered_at,
    o.source_object,
    o.source_row
from open_rows as o
left join media_type_prices as p
    on p.media_type_id = o.media_type_id and p.price_rank = 1
where o.version_rank = 1
