-- The rows to mend, with the rule's words and where to mend them, for lists that go to the units.
-- Grain: one row for each row of quality_violations.
-- Order: errors before warnings, and last of the errors what only follows from a rejected client: client_rule_id says by
-- which rule it was rejected, and rows_behind, on the line of that client and rule, how many rows follow.
with

follow_ups as (
    select
        rule_id,
        coalesce(source_system, '') as source_system,
        coalesce(client_id, '') as client_id,
        client_state,
        client_rule_id
    from {{ ref('quality_follow_ups') }}
),

-- Clients whose ids are masked are one here: where their causes differ, the first is shown.
causes as (
    select
        rule_id,
        source_system,
        client_id,
        min(client_state) as client_state,
        min(client_rule_id) as client_rule_id
    from follow_ups
    group by rule_id, source_system, client_id
),

rows_of_clients as (
    select
        client_rule_id,
        source_system,
        client_id,
        count(*) as rows_behind
    from follow_ups
    where client_rule_id is not null
    group by client_rule_id, source_system, client_id
)

select
    violations.severity,
    rules.mend_in,
    violations.source_system,
    violations.unit,
    violations.source_table,
    violations.row_id,
    violations.client_id,
    violations.follow_up_period,
    violations.rule_id,
    violations.column_name,
    violations.observed_value,
    causes.client_state,
    causes.client_rule_id,
    rows_of_clients.rows_behind,
    rules.fault,
    rules.text_en,
    rules.text_sv,
    rules.text_fi
from {{ ref('quality_violations') }} as violations
inner join {{ ref('quality_catalogue') }} as rules
    on rules.rule_id = violations.rule_id
left join causes
    on
        causes.rule_id = violations.rule_id
        and causes.source_system = coalesce(violations.source_system, '')
        and causes.client_id = coalesce(violations.client_id, '')
left join rows_of_clients
    on
        violations.source_table = 'clients'
        and rows_of_clients.client_rule_id = violations.rule_id
        and rows_of_clients.source_system = coalesce(violations.source_system, '')
        and rows_of_clients.client_id = coalesce(violations.client_id, '')
order by
    violations.severity,
    case when causes.client_rule_id is null then 0 else 1 end,
    rules.mend_in,
    violations.source_system,
    violations.unit,
    violations.source_table,
    violations.row_id,
    violations.rule_id
