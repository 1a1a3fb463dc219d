-- Genres, one row each: the newest usable version.
{{ config(unique_key='genre_id', dist='all', sort='genre_id') }}

with new_rows as (

    select
        s.*,
        row_number() over (partition by s.genre_id order by {{ newest_first('s') }}) as version_rank
    from {{ ref('stg_genre') }} as s
    where s.reject_reason is null
    {% if is_incremental() %}
        and {{ is_new_delivery('s') }}
    {% endif %}

)

select
    genre_id,
    cast(coalesce(name, 'Unknown genre') as varchar(200)) as name,
    case when name is null then true else false end as is_repaired,
    delivery_id,
    delivered_at,
    source_object,
    source_row
from new_rows
where version_rank = 1
