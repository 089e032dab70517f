-- Client relationship periods in service tasks, derived once from all accepted cases (S-II).
-- Grain: one row for each run of days without a break of an organiser, person and service task. With
-- period_gap_days 0 a run is a period; otherwise runs with the same period_started_on are one.
-- Left out: rejected cases, and cases of an assumed start that closed before it (S-2020). Family law is here: S-T counts it.
{% set keys = ['organiser_code', 'person_id', 'service_task_code'] %}
{{ sosdata.merge_date_intervals(ref('int_cases__intervals'), keys, sosdata.period_gap_days()) }}
