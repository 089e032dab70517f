{% macro first_match(text, pattern) -%}
    {{ return(adapter.dispatch('first_match', 'sosdata')(text, pattern)) }}
{%- endmacro %}

{% macro default__first_match(text, pattern) -%}
    regexp_extract({{ text }}, '{{ pattern }}', 0)
{%- endmacro %}

{% macro postgres__first_match(text, pattern) -%}
    substring({{ text }} from '{{ pattern }}')
{%- endmacro %}

{% macro spark__first_match(text, pattern) -%}
    regexp_extract({{ text }}, '{{ sosdata.java_pattern(pattern) }}', 0)
{%- endmacro %}
