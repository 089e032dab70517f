{#- Every relation whose rows carry rules, in the lists judged_rules and broken_rules: (relation, source table of its rules,
    column of the row id, what one of its rows is). A rule of a new kind is a line here. -#}
{% macro rule_carriers() %}
    {{ return([
        ('int_clients__checked', 'clients', 'client_id', 'source_row'),
        ('int_cases__checked', 'cases', 'case_id', 'source_row'),
        ('int_child_protection_relationships__checked', 'child_protection_relationships', 'relationship_id', 'source_row'),
        ('int_decisions__checked', 'decisions', 'decision_id', 'source_row'),
        ('int_services_received__checked', 'services_received', 'record_id', 'source_row'),
        ('int_identity_changes__checked', 'identity_changes', 'change_id', 'source_row'),
        ('int_decisions__by_follow_up_period', 'decisions', 'decision_id', 'row_in_follow_up_period'),
        ('int_cases__assumed_starts', 'cases', none, 'source_system'),
    ]) }}
{% endmacro %}

{#- The columns that a list of violations may show what stood in: all of the contract but personal identity codes (Q5). -#}
{% macro observed_columns() %}
    {%- set columns = [] -%}
    {%- for table, contract in sosdata.source_contract().items() -%}
        {%- for column, kind in contract.items() if kind != 'person' and column not in columns -%}
            {%- do columns.append(column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

{#- What stood in the columns that a rule names, parted by semicolons (Q5). -#}
{% macro observed_value(rows, rules) -%}
    nullif(nullif(substring(
        ''
        {%- for column in sosdata.observed_columns() %} ||
        case
            when ';' || {{ rules }}.columns || ';' like '%;{{ column }};%'
                then ';' || coalesce({{ rows }}.{{ column }}_text, '')
            else ''
        end
        {%- endfor %}
        , 2
    ), ''), ';')
{%- endmacro %}

{#- The rules that a row breaks since its client is missing or rejected (R2). -#}
{% macro lost_client_rules() %}
    {{ return(['CA03', 'CP03', 'DE03', 'SR03']) }}
{% endmacro %}
