-- The deliveries as the record has them; without a record there are none (F1).
-- Grain: one row for each freeze.
-- Nothing is left out; manifests are not read.
{{ sosdata.record_rows('deliveries', left_out=['manifest']) }}
