-- Rows that break one of the county's own rules (seeds/county_rules.csv).
-- Grain: one row for each rule and row of a source table.
-- Left out: rows that break none.
select
    'COUNTY01' as rule_id,
    source_system,
    case_id as row_id
from {{ ref('sosdata', 'stg_extract__cases') }}
where opened_on = cast('2025-12-06' as date)
union all
select
    'COUNTY02' as rule_id,
    source_system,
    decision_id as row_id
from {{ ref('sosdata', 'stg_extract__decisions') }}
where social_service_code_text = 'ASU'
