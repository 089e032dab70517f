-- Q3: no row is lost between the source and what became of it.
select *
from {{ ref('quality_reconciliation') }}
where rows_in <> rows_used + rows_rejected + rows_out_of_scope + rows_duplicate
