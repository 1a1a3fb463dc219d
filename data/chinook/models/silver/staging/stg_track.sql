-- Every raw track row with its values parsed, and why it cannot be used, if so.
with text_values as (

    select
        {{ clean_text('trackid', 40) }} as track_id_text,
        {{ clean_text('name', 300) }} as name_text,
        {{ clean_text('albumid', 40) }} as album_id_text,
        {{ clean_text('mediatypeid', 40) }} as media_type_id_text,
        {{ clean_text('genreid', 40) }} as genre_id_text,
        {{ clean_text('composer', 300) }} as composer_text,
        {{ clean_text('milliseconds', 40) }} as milliseconds_text,
        {{ clean_text('bytes', 40) }} as bytes_text,
        {{ clean_text('unitprice', 40) }} as unit_price_text,
        {{ lineage() }}
    from {{ source('bronze', 'track') }}

),

parsed as (

    select
        t.*,
        {{ parse_key('t.track_id_text') }} as track_id,
        {{ parse_bigint('t.milliseconds_text') }} as parsed_milliseconds,
        {{ parse_bigint('t.bytes_text') }} as parsed_bytes,
        {{ parse_amount('t.unit_price_text') }} as parsed_unit_price
    from text_values as t

)

select
    p.track_id,
    cast(p.name_text as varchar(300)) as name,
    {{ parse_key('p.album_id_text') }} as album_id,
    {{ parse_key('p.media_type_id_text') }} as media_type_id,
    {{ parse_key('p.genre_id_text') }} as genre_id,
    cast(p.composer_text as varchar(300)) as composer,
    case when p.parsed_milliseconds > 0 then p.parsed_milliseconds end as milliseconds,
    case when p.parsed_bytes > 0 then p.parsed_bytes end as bytes,
    case
        when p.parsed_unit_price >= 0 and p.parsed_unit_price <= {{ var('max_unit_price') }} then p.parsed_unit_price
    end as unit_price,
    p.track_id_text as row_key,
    case
        when p.track_id is null then 'track_id is missing or not a number'
    end as reject_reason,
    p.delivery_id,
    p.delivered_at,
    p.source_object,
    p.source_row
from parsed as p
