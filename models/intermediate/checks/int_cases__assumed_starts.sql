-- How many of a source system's cases start on exactly 1.1.2020, assumed starts included (CA55).
-- Grain: one row for each source system with accepted cases in scope.
-- Left out: rejected cases and tasks that are not delivered.
{% set warnings = [
    ('CA55', 'true', 'cases_on_that_day * 5 > cases'),
] %}
with

starts as (
    select
        source_system,
        count(*) as cases,
        sum(case when started_on = cast('2020-01-01' as date) then 1 else 0 end) as cases_on_that_day
    from {{ ref('int_cases__checked') }}
    where is_accepted and is_in_scope
    group by source_system
)

select
    source_system,
    cases,
    cases_on_that_day,
    {{ sosdata.judged_list(warnings) }} as judged_rules,
    {{ sosdata.broken_list(warnings) }} as broken_rules
from starts
