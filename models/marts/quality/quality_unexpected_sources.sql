-- Source systems and tables that bring no row though they are expected, and systems that nobody expects (Q4).
-- Grain: one row for each missing pair of source system and table, and for each unexpected system.
-- Left out: everything, while the seed expected_sources is empty; rows that name no system (x01).
with

expected as (
    select distinct
        {{ sosdata.without_personal_identity_codes('source_system') }} as source_system,
        source_table
    from {{ ref('stg_settings__expected_sources') }}
),

brought as (
    select
        source_system,
        source_table
    from {{ ref('quality_reconciliation') }}
    where source_system is not null and rows_in > 0
),

missing as (
    select
        expected.source_system,
        expected.source_table,
        'missing' as problem
    from expected
    left join brought
        on
            brought.source_system = expected.source_system
            and brought.source_table = expected.source_table
    where brought.source_system is null
),

unexpected as (
    select distinct
        brought.source_system,
        {{ sosdata.empty_text() }} as source_table,
        'unexpected' as problem
    from brought
    left join expected
        on expected.source_system = brought.source_system
    where
        expected.source_system is null
        and (select count(*) from {{ ref('stg_settings__expected_sources') }}) > 0
),

found as (
    select
        source_system,
        source_table,
        problem
    from missing
    union all
    select
        source_system,
        source_table,
        problem
    from unexpected
)

select
    source_system,
    source_table,
    cast(problem as {{ dbt.type_string() }}) as problem
from found
