-- What was recorded on each day: openings and closings of cases, starts and ends of child protection relationships and of
-- services, dates of decisions (M1).
-- Grain: one row for each kind of event, source system (as lists show it, Q5), organiser, recorded task and day.
-- Left out: rejected rows, tasks that are not delivered, starts that are assumed (S-2020), and rows without the date.
{% set events = [
    ('case_opened', 'int_cases__checked', 'service_task_code', 'opened_on'),
    ('case_closed', 'int_cases__checked', 'service_task_code', 'closed_on'),
    ('child_protection_started', 'int_child_protection_relationships__checked', sosdata.empty_text(), 'recorded_started_on'),
    ('child_protection_ended', 'int_child_protection_relationships__checked', sosdata.empty_text(), 'ended_on'),
    ('decision_made', 'int_decisions__checked', 'service_task_code', 'decided_on'),
    ('service_started', 'int_services_received__checked', 'service_task_code', 'started_on'),
    ('service_ended', 'int_services_received__checked', 'service_task_code', 'ended_on'),
] %}
with

events as (
    {% for event_kind, checked, service_task_code, day in events %}
    select
        '{{ event_kind }}' as event_kind,
        source_system,
        organiser_code,
        {{ service_task_code }} as service_task_code,
        {{ day }} as recorded_on
    from {{ ref(checked) }}
    where is_accepted and is_in_scope and {{ day }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        event_kind,
        source_system,
        organiser_code,
        service_task_code,
        recorded_on,
        count(*) as events
    from events
    group by event_kind, source_system, organiser_code, service_task_code, recorded_on
)

-- The names are masked last, since that is slow.
select
    event_kind,
    {{ sosdata.without_personal_identity_codes('source_system') }} as source_system,
    organiser_code,
    service_task_code,
    recorded_on,
    cast(sum(events) as {{ dbt.type_bigint() }}) as events
from counted
group by
    event_kind, {{ sosdata.without_personal_identity_codes('source_system') }}, organiser_code, service_task_code, recorded_on
