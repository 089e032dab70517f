-- The rows that break a rule, for the steward: errors were not delivered, warnings were (Q2, Q5).
-- Grain: one row for each distinct source row and rule that it breaks; for DE07 also for each follow-up period, and for
-- CA55 one for each source system.
-- Left out: warnings that quality_exceptions accepts; quality_rule_results counts them.
select
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
from {{ ref('int_quality__broken_rules') }}
where not is_excepted
