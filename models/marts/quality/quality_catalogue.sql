-- The rules that this build judged, with their texts: the project's catalogue and the county's own (Q1).
-- Grain: one row for each rule.
-- Nothing is left out.
select
    rule_id,
    severity,
    fault,
    source_table,
    section,
    columns as column_name,
    mend_in,
    text_en,
    text_sv,
    text_fi,
    is_own
from {{ ref('stg_settings__rules') }}
