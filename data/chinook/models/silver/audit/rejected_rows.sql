-- Every bronze row that is not in silver and is not a duplicate, and why. Rows that lack their
-- parent are listed for as long as it is missing.
{{ config(sort=['table_name', 'source_object', 'source_row']) }}

{{ unusable_rows('artist', ref('stg_artist')) }}
union all
{{ unusable_rows('album', ref('stg_album')) }}
union all
{{ unusable_rows('genre', ref('stg_genre')) }}
union all
{{ unusable_rows('media_type', ref('stg_media_type')) }}
union all
{{ unusable_rows('track', ref('stg_track')) }}
union all
{{ unusable_rows('playlist', ref('stg_playlist')) }}
union all
{{ unusable_rows('playlist_track', ref('stg_playlist_track')) }}
union all
{{ unusable_rows('employee', ref('stg_employee')) }}
union all
{{ unusable_rows('customer', ref('stg_customer')) }}
union all
{{ unusable_rows('invoice', ref('stg_invoice')) }}
union all
{{ unusable_rows('invoice_line', ref('stg_invoice_line')) }}

union all

select
    cast('playlist_track' as varchar(40)) as table_name,
    cast(s.row_key as varchar(100)) as row_key,
    cast(
        case when p.playlist_id is null then 'playlist is unknown' else 'track is unknown' end as varchar(200)
    ) as reason,
    s.delivery_id,
    s.source_object,
    s.source_row
from {{ ref('stg_playlist_track') }} as s
left join {{ ref('playlist') }} as p
    on p.playlist_id = s.playlist_id
left join {{ ref('track') }} as t
    on t.track_id = s.track_id
where s.reject_reason is null
    and (p.playlist_id is null or t.track_id is null)

union all

select
    cast('invoice' as varchar(40)) as table_name,
    cast(s.row_key as varchar(100)) as row_key,
    cast('customer is unknown' as varchar(200)) as reason,
    s.delivery_id,
    s.source_object,
    s.source_row
from {{ ref('stg_invoice') }} as s
left join {{ ref('customer') }} as c
    on c.customer_id = s.customer_id
where s.reject_reason is null
    and c.customer_id is null

union all

select
    cast('invoice_line' as varchar(40)) as table_name,
    cast(s.row_key as varchar(100)) as row_key,
    cast(
        case when i.invoice_id is null then 'invoice is unknown' else 'track is unknown' end as varchar(200)
    ) as reason,
    s.delivery_id,
    s.source_object,
    s.source_row
from {{ ref('stg_invoice_line') }} as s
left join {{ ref('invoice') }} as i
    on i.invoice_id = s.invoice_id
left join {{ ref('track') }} as t
    on t.track_id = s.track_id
where s.reject_reason is null
    and (i.invoice_id is null or t.track_id is null)
