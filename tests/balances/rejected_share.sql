-- Q4: a broken extract stops the pipeline before it is delivered. Warns of any rejected row.
{{ config(
    fail_calc="coalesce(max(case when is_over then 2 else 1 end), 0)",
    warn_if='> 0',
    error_if='> 1'
) }}
select *
from {{ ref('quality_rejected_shares') }}
where rows_rejected > 0
