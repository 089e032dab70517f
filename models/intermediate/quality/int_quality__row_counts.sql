-- How many rows rules were judged on, by what became of them. Lists of counts are made of this, and no table is read again.
-- Grain: one row for each kind of row, source table, source system, list of judged rules and state.
-- Nothing is left out. Source systems are named as lists show them (Q5).
with

counted as (
    select
        row_kind,
        source_table,
        source_system,
        judged_rules,
        is_blank,
        is_accepted,
        is_in_scope,
        count(*) as rows_distinct,
        sum(rows_alike) as rows_alike
    from {{ ref('int_quality__judged_rows') }}
    group by row_kind, source_table, source_system, judged_rules, is_blank, is_accepted, is_in_scope
),

named as (
    select
        row_kind,
        source_table,
        {{ sosdata.without_personal_identity_codes('source_system') }} as source_system,
        judged_rules,
        is_blank,
        is_accepted,
        is_in_scope,
        rows_distinct,
        rows_alike
    from counted
)

select
    row_kind,
    source_table,
    source_system,
    judged_rules,
    is_blank,
    is_accepted,
    is_in_scope,
    sum(rows_distinct) as rows_distinct,
    sum(rows_alike) as rows_alike
from named
group by row_kind, source_table, source_system, judged_rules, is_blank, is_accepted, is_in_scope
