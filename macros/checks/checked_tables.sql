{#- The checked model of each source table and the column of its row id. -#}
{% macro checked_tables() %}
    {{ return([
        ('clients', 'int_clients__checked', 'client_id'),
        ('cases', 'int_cases__checked', 'case_id'),
        ('child_protection_relationships', 'int_child_protection_relationships__checked', 'relationship_id'),
        ('decisions', 'int_decisions__checked', 'decision_id'),
        ('services_received', 'int_services_received__checked', 'record_id'),
        ('identity_changes', 'int_identity_changes__checked', 'change_id'),
    ]) }}
{% endmacro %}

{#- What stood in the columns that a rule names, in the order of the table, parted by semicolons (Q5). -#}
{% macro observed_value(table, rows, rules) -%}
    {%- set columns = [] -%}
    {%- for column, kind in sosdata.source_contract()[table].items() if kind != 'person' -%}
        {%- do columns.append((column, column ~ '_text' if kind == 'read' else column)) -%}
    {%- endfor -%}
    nullif(nullif(substring(
        {%- for column, text in columns %}
        case
            when ';' || {{ rules }}.columns || ';' like '%;{{ column }};%'
                then ';' || coalesce({{ rows }}.{{ text }}, '')
            else ''
        end
        {{- ' ||' if not loop.last }}
        {%- endfor %}
        , 2
    ), ''), ';')
{%- endmacro %}
