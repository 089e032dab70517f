-- What was handed to the units as lists, as the record has it; without a record there is none (F1).
-- Grain: one row for each list and row of quality_violations in it.
-- Nothing is left out.
{{ sosdata.record_rows('listed_violations') }}
