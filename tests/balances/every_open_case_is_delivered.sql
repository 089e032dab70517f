-- Nobody drops out silently: an accepted case in scope that was open during a follow-up period lies in a delivered
-- period of its person.
select
    cases.source_system,
    cases.case_id,
    follow_up.follow_up_period
from {{ ref('int_cases__checked') }} as cases
inner join {{ ref('int_follow_up_periods') }} as follow_up
    on {{ sosdata.overlaps('cases.started_on', 'cases.closed_on', 'follow_up.started_on', 'follow_up.ended_on') }}
inner join {{ ref('int_persons') }} as persons
    on persons.person_id = cases.person_id
where
    cases.is_accepted
    and cases.is_in_scope
    and (cases.closed_on is null or cases.closed_on >= cases.started_on)
    and not exists (
        select 1 as found
        from {{ ref('sosdata_service_task_periods') }} as delivered
        where
            delivered.follow_up_period = follow_up.follow_up_period
            and delivered.organiser_code = cases.organiser_code
            and delivered.personal_identity_code = persons.personal_identity_code
            and delivered.service_task_code = cases.service_task_code
            and delivered.started_on <= cases.started_on
            and (delivered.ended_on is null or delivered.ended_on >= cases.closed_on)
    )
