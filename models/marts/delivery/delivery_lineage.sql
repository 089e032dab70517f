-- Which source rows each delivered row of sections II-V rests on, and the other way round (Q7).
-- Grain: one row for each delivered row and source row.
-- Left out: source rows that no delivered row of the built follow-up periods rests on.
with

service_task_periods as (
    select
        'II' as section,
        periods.follow_up_period,
        periods.organiser_code,
        periods.person_id,
        periods.service_task_code,
        {{ sosdata.empty_text() }} as social_service_code,
        periods.started_on,
        cases.source_system,
        'cases' as source_table,
        cases.case_id as row_id
    from {{ ref('int_service_task_periods__by_follow_up_period') }} as periods
    inner join {{ ref('int_follow_up_periods') }} as follow_up
        on follow_up.follow_up_period = periods.follow_up_period
    inner join {{ ref('int_cases__in_runs') }} as cases
        on
            cases.organiser_code = periods.organiser_code
            and cases.person_id = periods.person_id
            and cases.service_task_code = periods.service_task_code
            and cases.period_started_on = periods.started_on
            and cases.started_on <= follow_up.ended_on
    where periods.is_delivered
),

child_protection_periods as (
    select
        'III' as section,
        periods.follow_up_period,
        periods.organiser_code,
        periods.person_id,
        {{ sosdata.empty_text() }} as service_task_code,
        {{ sosdata.empty_text() }} as social_service_code,
        periods.started_on,
        relationships.source_system,
        'child_protection_relationships' as source_table,
        relationships.relationship_id as row_id
    from {{ ref('int_child_protection_periods__by_follow_up_period') }} as periods
    inner join {{ ref('int_follow_up_periods') }} as follow_up
        on follow_up.follow_up_period = periods.follow_up_period
    inner join {{ ref('int_child_protection_relationships__in_runs') }} as relationships
        on
            relationships.organiser_code = periods.organiser_code
            and relationships.person_id = periods.person_id
            and relationships.period_started_on = periods.started_on
            and relationships.started_on <= follow_up.ended_on
),

decisions as (
    select
        'IV' as section,
        follow_up_period,
        organiser_code,
        person_id,
        service_task_code,
        social_service_code,
        effective_from as started_on,
        source_system,
        'decisions' as source_table,
        decision_id as row_id
    from {{ ref('int_decisions__by_follow_up_period') }}
    where service_task_code is not null
),

services_received as (
    select
        'V' as section,
        follow_up_period,
        organiser_code,
        person_id,
        service_task_code,
        social_service_code,
        started_on,
        source_system,
        'services_received' as source_table,
        record_id as row_id
    from {{ ref('int_services_received__by_follow_up_period') }}
),

all_sections as (
    {% for section in ['service_task_periods', 'child_protection_periods', 'decisions', 'services_received'] %}
    select
        section,
        follow_up_period,
        organiser_code,
        person_id,
        service_task_code,
        social_service_code,
        started_on,
        source_system,
        source_table,
        row_id
    from {{ section }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    all_sections.section,
    all_sections.follow_up_period,
    all_sections.organiser_code,
    persons.personal_identity_code,
    all_sections.service_task_code,
    all_sections.social_service_code,
    all_sections.started_on,
    all_sections.source_system,
    all_sections.source_table,
    all_sections.row_id
from all_sections
inner join {{ ref('int_persons') }} as persons
    on persons.person_id = all_sections.person_id
