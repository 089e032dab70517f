{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches', 'sosdata')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro postgres__matches(text, pattern) -%}
    ({{ text }} ~ '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
    ({{ text }} rlike '{{ sosdata.java_pattern(pattern) }}')
{%- endmacro %}

{#- Java's $ also stands before a last line break, which would let it into a value. -#}
{% macro java_pattern(pattern) -%}
    {{ return(pattern[:-1] ~ '\\\\z' if pattern.endswith('$') else pattern) }}
{%- endmacro %}
