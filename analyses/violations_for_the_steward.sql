-- The rows to mend, with the rule's words, for a list that goes to the care units.
select
    rules.fault,
    violations.source_system,
    violations.source_table,
    violations.row_id,
    violations.client_id,
    violations.follow_up_period,
    violations.column_name,
    violations.observed_value,
    violations.severity,
    violations.rule_id,
    rules.text_en,
    rules.text_sv,
    rules.text_fi
from {{ ref('quality_violations') }} as violations
inner join {{ ref('quality_rules') }} as rules
    on rules.rule_id = violations.rule_id
order by rules.fault, violations.source_system, violations.source_table, violations.row_id, violations.rule_id
