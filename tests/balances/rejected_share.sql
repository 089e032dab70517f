-- Q4: a broken extract stops the pipeline before it is delivered. A source table is judged as a whole, all systems together.
{{ config(
    warn_if='> 0',
    error_if='> 0 and max(rejected_share) > ' ~ sosdata.max_rejected_share()
) }}
select
    source_table,
    sum(rows_rejected) * 1.0 / sum(rows_in) as rejected_share
from {{ ref('quality_reconciliation') }}
group by source_table
having sum(rows_rejected) > 0
