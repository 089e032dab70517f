{% macro moment_type() -%}
    {{ return(adapter.dispatch('moment_type', 'sosdata')()) }}
{%- endmacro %}

{% macro default__moment_type() -%}
    timestamp
{%- endmacro %}

{% macro spark__moment_type() -%}
    timestamp_ntz
{%- endmacro %}
