{#- A day with a time of its own is none (C5), and stays as unreadable as what is no day at all: never empty. -#}
{% macro finnish_date(text) -%}
    {%- set trimmed = '(' ~ sosdata.trimmed(text) ~ ')' -%}
    {%- set midnight = '0?0[.:]00([.:]00([.,]0+)?)?' -%}
    {%- set form = '^(0?[1-9]|[12][0-9]|3[01])[.](0?[1-9]|1[0-2])[.][1-9][0-9]{3}([T ]' ~ midnight ~ ')?$' -%}
    {%- set iso -%}
        substring(split_part({{ trimmed }}, '.', 3), 1, 4) || '-' || lpad(split_part({{ trimmed }}, '.', 2), 2, '0')
        || '-' || lpad(split_part({{ trimmed }}, '.', 1), 2, '0')
    {%- endset -%}
    case
        when {{ sosdata.matches(trimmed, form) }} and {{ sosdata.cast_or_empty(iso, 'date') }} is not null then {{ iso }}
        else {{ trimmed }}
    end
{%- endmacro %}
