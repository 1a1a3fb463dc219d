-- Gold has as many members of each dimension as silver.
{% set dimensions = [
    'artist', 'album', 'genre', 'media_type', 'track', 'playlist', 'playlist_track', 'employee', 'customer',
] %}
{% for name in dimensions %}
select cast('{{ name }}' as varchar(40)) as dimension, s.row_count as silver_rows, g.row_count as gold_rows
from (select count(*) as row_count from {{ ref(name) }}) as s
cross join (select count(*) as row_count from {{ ref('dim_' ~ name) }}) as g
where s.row_count <> g.row_count
{% if not loop.last %}union all{% endif %}
{% endfor %}
