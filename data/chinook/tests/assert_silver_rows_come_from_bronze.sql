-- Every row of silver names the bronze row it came from, and that row exists, exactly once.
{% set tables = [
    ['artist', 'artist'], ['album', 'album'], ['genre', 'genre'], ['mediatype', 'media_type'],
    ['track', 'track'], ['playlist', 'playlist'], ['playlisttrack', 'playlist_track'],
    ['employee', 'employee'], ['customer', 'customer'], ['invoice', 'invoice'],
    ['invoiceline', 'invoice_line'],
] %}
{% for bronze, silver in tables %}
select
    cast('{{ silver }}' as varchar(40)) as table_name,
    s.source_object,
    s.source_row
from {{ ref(silver) }} as s
left join {{ source('bronze', bronze) }} as b
    on b.delivery_id = s.delivery_id and b._source_object = s.source_object and b._source_row = s.source_row
group by s.delivery_id, s.source_object, s.source_row
having count(b._source_row) <> 1
{% if not loop.last %}union all{% endif %}
{% endfor %}
