-- Section II: client relationship periods in service tasks (S-II).
-- Grain: one row for each follow-up period, organiser, person, service task and start of a period.
-- Left out: tasks that are not delivered (K1).
select
    periods.follow_up_period,
    periods.organiser_code,
    persons.personal_identity_code,
    periods.service_task_code,
    periods.started_on,
    periods.ended_on
from {{ ref('int_service_task_periods__by_follow_up_period') }} as periods
inner join {{ ref('int_persons') }} as persons
    on persons.person_id = periods.person_id
where periods.is_delivered
