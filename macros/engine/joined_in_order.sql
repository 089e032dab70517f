{% macro joined_in_order(text) -%}
    {{ return(adapter.dispatch('joined_in_order', 'sosdata')(text)) }}
{%- endmacro %}

{% macro default__joined_in_order(text) -%}
    string_agg({{ text }}, '' order by {{ text }})
{%- endmacro %}

{% macro spark__joined_in_order(text) -%}
    array_join(array_sort(collect_list({{ text }})), '')
{%- endmacro %}
