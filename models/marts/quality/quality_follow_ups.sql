-- Rows that are rejected since their client is missing or rejected, with what is behind it: the root before what follows (R2).
-- Grain: one row for each distinct source row that breaks CA03, CP03, DE03 or SR03.
-- Left out: rows of other rules alone.
{% set tables_of_clients = [
    ('cases', 'int_cases__checked', 'case_id', 'CA03'),
    ('child_protection_relationships', 'int_child_protection_relationships__checked', 'relationship_id', 'CP03'),
    ('decisions', 'int_decisions__checked', 'decision_id', 'DE03'),
    ('services_received', 'int_services_received__checked', 'record_id', 'SR03'),
] %}
with

without_client as (
    {% for table, model, row_id, rule_id in tables_of_clients %}
    select
        '{{ rule_id }}' as rule_id,
        '{{ table }}' as source_table,
        source_system,
        {{ row_id }} as row_id,
        client_id,
        unit,
        trim(broken_rules) = '{{ rule_id }}' as is_only_error
    from {{ ref(model) }}
    where broken_rules like '%{{ rule_id }}%'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

rejected_clients as (
    select
        source_system,
        client_id,
        substring(min(broken_rules), 1, 4) as rule_id
    from {{ ref('int_clients__checked') }}
    where not is_accepted
    group by source_system, client_id
)

select
    cast(without_client.rule_id as {{ dbt.type_string() }}) as rule_id,
    cast(without_client.source_table as {{ dbt.type_string() }}) as source_table,
    {{ sosdata.without_personal_identity_codes('without_client.source_system') }} as source_system,
    {{ sosdata.without_personal_identity_codes('without_client.row_id') }} as row_id,
    {{ sosdata.without_personal_identity_codes('without_client.client_id') }} as client_id,
    {{ sosdata.without_personal_identity_codes('without_client.unit') }} as unit,
    cast(
        case
            when without_client.client_id is null then 'not named'
            when rejected_clients.rule_id is null then 'missing'
            else 'rejected'
        end as {{ dbt.type_string() }}
    ) as client_state,
    cast(rejected_clients.rule_id as {{ dbt.type_string() }}) as client_rule_id,
    without_client.is_only_error
from without_client
left join rejected_clients
    on
        rejected_clients.source_system = without_client.source_system
        and rejected_clients.client_id = without_client.client_id
