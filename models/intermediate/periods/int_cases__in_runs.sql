-- Which run of days without a break, and which client relationship period, an accepted case belongs to (S-II).
-- Grain: one row for each accepted case that has days.
-- Left out: rejected cases, and cases of an assumed start that closed before it (S-2020). Family law is here: S-T counts it.
with

cases as (
    select
        source_system,
        case_id,
        organiser_code,
        person_id,
        service_task_code,
        is_in_scope as is_delivered,
        started_on,
        closed_on as ended_on
    from {{ ref('int_cases__checked') }}
    where is_accepted
),

in_runs as (
    {{ sosdata.in_runs('cases', ['organiser_code', 'person_id', 'service_task_code'], sosdata.period_gap_days()) }}
)

select
    source_system,
    case_id,
    organiser_code,
    person_id,
    service_task_code,
    is_delivered,
    started_on,
    ended_on,
    run_started_on,
    period_started_on
from in_runs
