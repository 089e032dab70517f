{% macro in_code_point_order(text) -%}
    {{ return(adapter.dispatch('in_code_point_order', 'sosdata')(text)) }}
{%- endmacro %}

{% macro default__in_code_point_order(text) -%}
    {{ text }}
{%- endmacro %}

{% macro postgres__in_code_point_order(text) -%}
    {{ text }} collate "C"
{%- endmacro %}
