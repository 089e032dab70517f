-- The service task of persons who have client relationship periods in one task only (S-T).
-- Grain: one row for each follow-up period, organiser and person with exactly one task, family law included.
-- Left out: persons with periods in several tasks or in none, whose task cannot be inferred.
select
    periods.follow_up_period,
    periods.organiser_code,
    periods.person_id,
    min(periods.service_task_code) as service_task_code
from {{ ref('int_service_task_periods__by_follow_up_period') }} as periods
group by periods.follow_up_period, periods.organiser_code, periods.person_id
having count(distinct periods.service_task_code) = 1
