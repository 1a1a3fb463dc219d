-- No bronze row is in silver twice. That the rows exist in bronze and hold the same values is
-- what assert_revenue_reconciles looks at.
{% set tables = [
    'artist', 'album', 'genre', 'media_type', 'track', 'playlist', 'playlist_track', 'employee',
    'customer', 'invoice', 'invoice_line',
] %}
{% for name in tables %}
select
    cast('{{ name }}' as varchar(40)) as table_name,
    delivery_id,
    source_object,
    source_row,
    count(*) as copies
from {{ ref(name) }}
group by delivery_id, source_object, source_row
having count(*) > 1
{% if not loop.last %}union all{% endif %}
{% endfor %}
