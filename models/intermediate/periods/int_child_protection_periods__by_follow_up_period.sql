-- Child protection client relationships as they were seen on the last day of each follow-up period (P3, P4).
-- Grain: one row for each follow-up period, organiser, person and start of a relationship.
-- Left out: relationships of other follow-up periods.
{{ sosdata.periods_in_follow_up_periods(ref('int_child_protection_runs'), ['organiser_code', 'person_id']) }}
