-- No raw row gets lost: every bronze row is kept, a duplicate, or rejected.
select *
from {{ ref('row_audit') }}
where bronze_rows <> kept + duplicates + rejected
