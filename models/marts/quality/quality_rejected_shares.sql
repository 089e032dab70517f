-- Which share of the rows was rejected, of each source table and of each source system in it, and where it is too much (Q4).
-- Grain: one row for each source table, with an empty source system for all systems together, and for each of its systems.
-- Left out: rows without anything in them, tables without rows, and as systems of their own the rows that name none.
with

by_system as (
    select
        source_table,
        source_system,
        sum(rows_distinct) as rows_judged,
        sum(case when is_accepted then 0 else rows_distinct end) as rows_rejected
    from {{ ref('int_quality__row_counts') }}
    where row_kind = 'source_row' and not is_blank
    group by source_table, source_system
),

judged as (
    select
        source_table,
        {{ sosdata.empty_text() }} as source_system,
        sum(rows_judged) as rows_judged,
        sum(rows_rejected) as rows_rejected,
        1 as rows_needed
    from by_system
    group by source_table
    union all
    select
        source_table,
        source_system,
        rows_judged,
        rows_rejected,
        100 as rows_needed
    from by_system
    where source_system is not null
)

select
    source_table,
    source_system,
    cast(rows_judged as {{ dbt.type_bigint() }}) as rows_judged,
    cast(rows_rejected as {{ dbt.type_bigint() }}) as rows_rejected,
    rows_judged >= rows_needed and rows_rejected > {{ sosdata.max_rejected_share() }} * rows_judged as is_over
from judged
