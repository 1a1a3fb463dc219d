-- Keys of more than one column: the generic test unique takes one.
select cast('silver.playlist_track' as varchar(40)) as table_name, count(*) as copies
from {{ ref('playlist_track') }}
group by playlist_id, track_id
having count(*) > 1
union all
select cast('gold.dim_playlist_track' as varchar(40)), count(*)
from {{ ref('dim_playlist_track') }}
group by playlist_id, track_id
having count(*) > 1
union all
select cast('gold.customer_retention' as varchar(40)), count(*)
from {{ ref('customer_retention') }}
group by cohort_month, activity_month
having count(*) > 1
union all
select cast('silver.category_names' as varchar(40)), count(*)
from {{ ref('category_names') }}
group by category, variant
having count(*) > 1
