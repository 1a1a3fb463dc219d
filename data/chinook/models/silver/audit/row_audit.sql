-- What became of every bronze row: bronze_rows = kept + duplicates + rejected, per table.
-- Each of the four figures is counted by itself: bronze_rows in bronze, kept in silver, duplicates
-- in staging, rejected in rejected_rows; tests/assert_row_audit_adds_up.sql compares them.
{{ config(sort='table_name') }}

{% set usable_playlist_tracks %}
    select s.playlist_id, s.track_id
    from {{ ref('stg_playlist_track') }} as s
    inner join {{ ref('playlist') }} as p on p.playlist_id = s.playlist_id
    inner join {{ ref('track') }} as t on t.track_id = s.track_id
    where s.reject_reason is null
{% endset %}
{% set usable_invoices %}
    select s.invoice_id
    from {{ ref('stg_invoice') }} as s
    inner join {{ ref('customer') }} as c on c.customer_id = s.customer_id
    where s.reject_reason is null
{% endset %}
{% set usable_invoice_lines %}
    select s.invoice_line_id
    from {{ ref('stg_invoice_line') }} as s
    inner join {{ ref('invoice') }} as i on i.invoice_id = s.invoice_id
    inner join {{ ref('track') }} as t on t.track_id = s.track_id
    where s.reject_reason is null
{% endset %}

{{ audit_row('artist', source('bronze', 'artist'), ref('artist'),
    'select artist_id from ' ~ ref('stg_artist') ~ ' where reject_reason is null', 'artist_id') }}
union all
{{ audit_row('album', source('bronze', 'album'), ref('album'),
    'select album_id from ' ~ ref('stg_album') ~ ' where reject_reason is null', 'album_id') }}
union all
{{ audit_row('genre', source('bronze', 'genre'), ref('genre'),
    'select genre_id from ' ~ ref('stg_genre') ~ ' where reject_reason is null', 'genre_id') }}
union all
{{ audit_row('media_type', source('bronze', 'mediatype'), ref('media_type'),
    'select media_type_id from ' ~ ref('stg_media_type') ~ ' where reject_reason is null', 'media_type_id') }}
union all
{{ audit_row('track', source('bronze', 'track'), ref('track'),
    'select track_id from ' ~ ref('stg_track') ~ ' where reject_reason is null', 'track_id') }}
union all
{{ audit_row('playlist', source('bronze', 'playlist'), ref('playlist'),
    'select playlist_id from ' ~ ref('stg_playlist') ~ ' where reject_reason is null', 'playlist_id') }}
union all
{{ audit_row('employee', source('bronze', 'employee'), ref('employee'),
    'select employee_id from ' ~ ref('stg_employee') ~ ' where reject_reason is null', 'employee_id') }}
union all
{{ audit_row('customer', source('bronze', 'customer'), ref('customer'),
    'select customer_id from ' ~ ref('stg_customer') ~ ' where reject_reason is null', 'customer_id') }}
union all
{{ audit_row('playlist_track', source('bronze', 'playlisttrack'), ref('playlist_track'), usable_playlist_tracks, 'playlist_id, track_id') }}
union all
{{ audit_row('invoice', source('bronze', 'invoice'), ref('invoice'), usable_invoices, 'invoice_id') }}
union all
{{ audit_row('invoice_line', source('bronze', 'invoiceline'), ref('invoice_line'), usable_invoice_lines, 'invoice_line_id') }}
