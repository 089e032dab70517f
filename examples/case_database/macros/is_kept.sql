{#- By the day of the extract, so that a later run of the same extract gives the same. -#}
{% macro is_kept(deleted_at) -%}
    {{ sosdata.alive_on("'" ~ var('extracted_on') ~ "'", valid_to=sosdata.finnish_day(deleted_at), ends='excluded') }}
{%- endmacro %}
