-- Runs of days on which a person was without a break a client in a service task (S-II).
-- Grain: one row for each run of an organiser, person and service task. With period_gap_days 0 a run is a client
-- relationship period; otherwise runs with the same period_started_on are one.
-- Left out: cases without days, as in int_cases__in_runs. Family law is here: S-T counts it.
{{ sosdata.runs(ref('int_cases__in_runs'), ['organiser_code', 'person_id', 'service_task_code', 'is_delivered']) }}
