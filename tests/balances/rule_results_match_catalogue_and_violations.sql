-- Each rule of the catalogue has a result for each source system, and what it counts is what is listed.
with

systems as (
    select source_system
    from {{ ref('int_source_systems') }}
    union
    select {{ sosdata.empty_text() }} as source_system
),

expected as (
    select
        rules.rule_id,
        systems.source_system,
        count(violations.rule_id) as rows_listed
    from {{ ref('stg_settings__rules') }} as rules
    cross join systems
    left join {{ ref('quality_violations') }} as violations
        on
            violations.rule_id = rules.rule_id
            and coalesce(violations.source_system, '') = coalesce(systems.source_system, '')
    group by rules.rule_id, systems.source_system
)

select
    expected.rule_id,
    expected.source_system,
    expected.rows_listed,
    results.rows_broken
from expected
full outer join {{ ref('quality_rule_results') }} as results
    on
        results.rule_id = expected.rule_id
        and coalesce(results.source_system, '') = coalesce(expected.source_system, '')
where
    expected.rule_id is null
    or results.rule_id is null
    or expected.rows_listed <> results.rows_broken
