{% macro is_of_form(text, form) -%}
    {{ return(adapter.dispatch('is_of_form', 'sosdata')(text, form)) }}
{%- endmacro %}

{% macro default__is_of_form(text, form) -%}
    regexp_full_match({{ text }}, {{ form }})
{%- endmacro %}

{% macro postgres__is_of_form(text, form) -%}
    ({{ text }} ~ ('^(' || {{ form }} || ')$'))
{%- endmacro %}

{% macro spark__is_of_form(text, form) -%}
    ({{ text }} rlike concat('^(', {{ form }}, ')\\z'))
{%- endmacro %}
