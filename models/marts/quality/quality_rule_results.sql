-- How each rule went in each source system: passed, broken, or not applicable since no row could be checked.
-- Grain: one row for each rule and source system.
-- Nothing is left out: the grid is complete, and accepted exceptions are counted (Q8).
with

rules as (
    select
        rule_id,
        source_table
    from {{ ref('stg_settings__rules') }}
),

checked as (
    select
        rules.rule_id,
        counts.source_system,
        sum(counts.rows_distinct) as rows_checked
    from {{ ref('int_quality__row_counts') }} as counts
    inner join rules
        on
            rules.source_table = counts.source_table
            and {{ sosdata.holds_rule('counts.judged_rules', 'rules.rule_id') }}
    group by rules.rule_id, counts.source_system
),

broken as (
    select
        rule_id,
        source_system,
        sum(case when is_excepted then 0 else 1 end) as rows_broken,
        sum(case when is_excepted then 1 else 0 end) as rows_excepted
    from {{ ref('int_quality__broken_rules') }}
    group by rule_id, source_system
),

-- A rule has a line for rows without a system also where there are none.
systems as (
    select source_system
    from {{ ref('int_source_systems') }}
    union
    select {{ sosdata.empty_text() }} as source_system
),

grid as (
    select
        rules.rule_id,
        systems.source_system
    from rules
    cross join systems
),

counted as (
    select
        grid.rule_id,
        grid.source_system,
        coalesce(checked.rows_checked, 0) as rows_checked,
        coalesce(broken.rows_broken, 0) as rows_broken,
        coalesce(broken.rows_excepted, 0) as rows_excepted
    from grid
    left join checked
        on
            checked.rule_id = grid.rule_id
            and coalesce(checked.source_system, '') = coalesce(grid.source_system, '')
    left join broken
        on
            broken.rule_id = grid.rule_id
            and coalesce(broken.source_system, '') = coalesce(grid.source_system, '')
)

select
    rule_id,
    source_system,
    cast(rows_checked as {{ dbt.type_bigint() }}) as rows_checked,
    cast(rows_broken as {{ dbt.type_bigint() }}) as rows_broken,
    cast(rows_excepted as {{ dbt.type_bigint() }}) as rows_excepted,
    cast(
        case
            when rows_checked = 0 then 'not_applicable'
            when rows_broken > 0 then 'broken'
            else 'pass'
        end as {{ dbt.type_string() }}
    ) as status
from counted
