-- The service task of persons who have client relationship periods in one task only (S-T).
-- Grain: one row for each follow-up period, organiser and person with exactly one task, family law included.
-- Left out: persons with periods in several tasks or in none, whose task cannot be inferred.
select
    follow_up_period,
    organiser_code,
    person_id,
    min(service_task_code) as service_task_code,
    max(case when is_delivered then 1 else 0 end) = 1 as is_delivered
from {{ ref('int_service_task_periods__by_follow_up_period') }}
group by follow_up_period, organiser_code, person_id
having count(distinct service_task_code) = 1
