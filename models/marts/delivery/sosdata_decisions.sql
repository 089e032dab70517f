-- Section IV: decisions in force, and negative decisions made, during the follow-up period (S-IV).
-- Grain: one row for each follow-up period and decision. Two decisions may be alike in every delivered column.
-- Left out: decisions without a service task that can be inferred (DE07, listed in quality_violations).
select
    decisions.follow_up_period,
    decisions.organiser_code,
    persons.personal_identity_code,
    decisions.social_service_code,
    decisions.service_task_code,
    decisions.decided_on,
    decisions.valid_from,
    decisions.valid_until,
    decisions.decision_type_code
from {{ ref('int_decisions__by_follow_up_period') }} as decisions
inner join {{ ref('int_persons') }} as persons
    on persons.person_id = decisions.person_id
where decisions.service_task_code is not null
