-- Rows that are rejected since their client is missing or rejected, with what is behind it: the root before what follows (R2).
-- Grain: one row for each distinct source row that breaks CA03, CP03, DE03 or SR03.
-- Left out: rows of other rules alone.
with

without_client as (
    select
        case
            {% for rule_id in sosdata.lost_client_rules() %}
            when {{ sosdata.holds_rule('broken_rules', "'" ~ rule_id ~ "'") }} then '{{ rule_id }}'
            {% endfor %}
        end as rule_id,
        source_table,
        source_system,
        row_id,
        client_id,
        unit,
        {{ sosdata.rules_in('broken_rules') }} = 1 as is_only_error
    from {{ ref('int_quality__judged_rows') }}
    where broken_rules <> ''
),

rejected_clients as (
    select
        source_system,
        client_id,
        {{ sosdata.first_rule('min(broken_rules)') }} as rule_id
    from {{ ref('int_quality__judged_rows') }}
    where source_table = 'clients' and not is_accepted
    group by source_system, client_id
)

select
    cast(without_client.rule_id as {{ dbt.type_string() }}) as rule_id,
    without_client.source_table,
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
where without_client.rule_id is not null
