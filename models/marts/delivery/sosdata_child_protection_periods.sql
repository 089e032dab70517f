-- Section III: child protection client relationships (S-III).
-- Grain: one row for each follow-up period, organiser, person and start of a relationship.
-- Left out: nothing of what was accepted and overlaps the follow-up period.
select
    periods.follow_up_period,
    periods.organiser_code,
    persons.personal_identity_code,
    periods.started_on,
    periods.ended_on
from {{ ref('int_child_protection_periods__by_follow_up_period') }} as periods
inner join {{ ref('int_persons') }} as persons
    on persons.person_id = periods.person_id
