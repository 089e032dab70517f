-- Delivered rows of section V as the record has them; without a record there are none (F1).
-- Grain: one row for each freeze, combination of the section's columns.
-- Left out: on the embedded engine, freezes whose version is not the latest of its period.
{{ sosdata.record_rows('delivered_services_received') }}
