-- Which run of days without a break, and which merged relationship, an accepted child protection client relationship
-- belongs to (S-III).
-- Grain: one row for each accepted relationship that has days.
-- Left out: rejected relationships, and those of an assumed start that ended before it (S-2020).
with

relationships as (
    select
        source_system,
        relationship_id,
        organiser_code,
        person_id,
        started_on,
        ended_on
    from {{ ref('int_child_protection_relationships__checked') }}
    where is_accepted
),

in_runs as (
    {{ sosdata.in_runs('relationships', ['organiser_code', 'person_id'], sosdata.period_gap_days()) }}
)

select
    source_system,
    relationship_id,
    organiser_code,
    person_id,
    started_on,
    ended_on,
    run_started_on,
    period_started_on
from in_runs
