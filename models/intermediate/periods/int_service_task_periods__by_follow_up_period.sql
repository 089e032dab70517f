-- Client relationship periods as they were seen on the last day of each follow-up period (P3, P4).
-- Grain: one row for each follow-up period, organiser, person, service task and start of a period.
-- Left out: periods of other follow-up periods. Family law is here, and not delivered: S-T counts it.
{{ sosdata.periods_in_follow_up_periods(
    ref('int_service_task_runs'), ['organiser_code', 'person_id', 'service_task_code', 'is_delivered']
) }}
