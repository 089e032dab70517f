-- Delivered rows of section II as the record has them; without a record there are none (F1).
-- Grain: one row for each freeze, organiser, person, service task and start of a period.
-- Left out: on the embedded engine, freezes whose version is not the latest of its period.
{{ sosdata.record_rows('delivered_service_task_periods') }}
