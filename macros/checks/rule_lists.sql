{#- How a list of rule ids is read: each id is followed by a blank. -#}
{% macro holds_rule(list, rule_id) -%}
    ' ' || {{ list }} like '% ' || {{ rule_id }} || ' %'
{%- endmacro %}

{% macro first_rule(list) -%}
    {{ dbt.split_part(list, "' '", 1) }}
{%- endmacro %}

{% macro rules_in(list) -%}
    length({{ list }}) - length(replace({{ list }}, ' ', ''))
{%- endmacro %}
