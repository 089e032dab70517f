-- Child protection client relationships, merged once from all accepted records (S-III).
-- Grain: one row for each run of days without a break of an organiser and person. With period_gap_days 0 a run is a
-- period; otherwise runs with the same period_started_on are one.
-- Left out: rejected relationships, and those of an assumed start that ended before it (S-2020).
{{ sosdata.merge_date_intervals(
    ref('int_child_protection_relationships__intervals'), ['organiser_code', 'person_id'], sosdata.period_gap_days()
) }}
