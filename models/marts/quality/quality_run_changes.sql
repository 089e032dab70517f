-- How many rows each source table and system brought and lost, beside the run that this build is compared with: the last
-- whole build that passed with an extract of another day, else the last that passed (d-56).
-- Grain: one row for each source table and source system of this build or of that run.
-- Nothing is left out. What was before is empty where no earlier whole build passed.
with

runs as (
    select
        run_id,
        cast(started_at as date) as started_on,
        extracted_on,
        row_number() over (
            order by
                case when extracted_on = {{ sosdata.extracted_on() }} then 1 else 0 end,
                started_at desc,
                run_id asc
        ) as place
    from {{ source('history', 'run_history') }}
    where passed
),

compared as (
    select
        run_id,
        started_on,
        extracted_on
    from runs
    where place = 1
),

counted as (
    select
        source_table,
        source_system,
        rows_in,
        rows_rejected,
        0 as rows_in_before,
        0 as rows_rejected_before
    from {{ ref('quality_reconciliation') }}
    union all
    select
        counts.source_table,
        counts.source_system,
        0 as rows_in,
        0 as rows_rejected,
        counts.rows_in as rows_in_before,
        counts.rows_rejected as rows_rejected_before
    from {{ source('history', 'run_history_rows') }} as counts
    inner join compared on counts.run_id = compared.run_id
),

summed as (
    select
        source_table,
        source_system,
        sum(rows_in) as rows_in,
        sum(rows_rejected) as rows_rejected,
        sum(rows_in_before) as rows_in_before,
        sum(rows_rejected_before) as rows_rejected_before
    from counted
    group by source_table, source_system
)

select
    summed.source_table,
    summed.source_system,
    compared.started_on as compared_run_on,
    compared.extracted_on as compared_extracted_on,
    cast(summed.rows_in as {{ dbt.type_bigint() }}) as rows_in,
    cast(case when compared.run_id is not null then summed.rows_in_before end as {{ dbt.type_bigint() }}) as rows_in_before,
    cast(
        case
            when summed.rows_in_before > 0
                then round(100.0 * (summed.rows_in - summed.rows_in_before) / summed.rows_in_before)
        end as {{ dbt.type_bigint() }}
    ) as rows_in_change_percent,
    cast(summed.rows_rejected as {{ dbt.type_bigint() }}) as rows_rejected,
    cast(
        case when compared.run_id is not null then summed.rows_rejected_before end as {{ dbt.type_bigint() }}
    ) as rows_rejected_before
from summed
left join compared on true
