{#- M2: the same five values, empty equal to empty; trimmed values are never the empty text. -#}
{% macro same_measure(one, other) -%}
    {%- set columns = ['measure_id', 'follow_up_period', 'organiser_code', 'service_task_code', 'source_system'] -%}
    {%- for column in columns %}
    coalesce({{ one }}.{{ column }}, '') = coalesce({{ other }}.{{ column }}, '')
    {{- ' and' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
