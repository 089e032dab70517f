-- Runs of days on which a person had without a break a child protection client relationship (S-III).
-- Grain: one row for each run of an organiser and person. With period_gap_days 0 a run is a delivered relationship;
-- otherwise runs with the same period_started_on are one.
-- Left out: relationships without days, as in int_child_protection_relationships__in_runs.
{{ sosdata.runs(ref('int_child_protection_relationships__in_runs'), ['organiser_code', 'person_id']) }}
