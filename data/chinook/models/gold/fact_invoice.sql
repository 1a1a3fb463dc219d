-- Grain: one row per invoice line, with what is known of its invoice, so that sales can be
-- analysed without a further join. invoice_total is the sum of the invoice's lines in this table.
-- The foreign keys in gold.yml refer to these as well:
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_employee') }}
-- depends_on: {{ ref('dim_artist') }}
-- depends_on: {{ ref('dim_genre') }}
-- depends_on: {{ ref('dim_media_type') }}
{{ config(dist='invoice_id', sort=['invoice_date', 'invoice_line_id']) }}

select
    l.invoice_line_id,
    l.invoice_id,
    i.invoice_date,
    cast({{ date_key('i.invoice_date') }} as integer) as date_id,
    i.customer_id,
    c.support_rep_id as employee_id,
    l.track_id,
    t.album_id,
    a.artist_id,
    t.genre_id,
    t.media_type_id,
    l.quantity,
    l.unit_price,
    l.total_revenue,
    cast(sum(l.total_revenue) over (partition by l.invoice_id) as numeric(18, 2)) as invoice_total,
    i.billing_city,
    i.billing_state,
    i.billing_country,
    cast(extract(year from i.invoice_date) as integer) as invoice_year,
    cast(extract(quarter from i.invoice_date) as integer) as invoice_quarter,
    cast(extract(month from i.invoice_date) as integer) as invoice_month
from {{ ref('fact_invoice_line') }} as l
inner join {{ ref('invoice') }} as i
    on i.invoice_id = l.invoice_id
inner join {{ ref('dim_customer') }} as c
    on c.customer_id = i.customer_id
inner join {{ ref('dim_track') }} as t
    on t.track_id = l.track_id
left join {{ ref('dim_album') }} as a
    on a.album_id = t.album_id
