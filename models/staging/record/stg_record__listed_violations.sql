-- What was handed to the units as lists.
-- Grain: one row for each list and row of quality_violations in it.
-- Nothing is left out.
select
    listed_at,
    extracted_on,
    rule_id,
    severity,
    source_table,
    source_system,
    row_id,
    client_id,
    follow_up_period,
    column_name,
    observed_value,
    unit
from {{ ref('base_record__listed_violations') }}
