{#- A start that is missing, not unreadable, and marked as before 2020 is taken to be 1.1.2020 (S-2020, C5b). -#}
{% macro effective_start(date, text, mark) -%}
    case
        when {{ text }} is not null then {{ date }}
        when {{ mark }} then cast('2020-01-01' as date)
    end
{%- endmacro %}
