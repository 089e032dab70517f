-- The quarters of the analysts' marts: from the var analytics_from to that of the day of the extract (A3).
-- Grain: one row for each follow-up period.
-- Left out: earlier quarters, though periods and decisions of earlier days are in the marts.
select
    follow_up_period,
    started_on,
    ended_on,
    is_over
from {{ ref('int_quarters_of_history') }}
