{#- The vendor writes 31.12.9999 where nothing has ended. -#}
{% macro day_or_open(text) -%}
    nullif({{ sosdata.finnish_date(text) }}, '9999-12-31')
{%- endmacro %}
