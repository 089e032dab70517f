{% macro cast_or_empty(text, type) -%}
    {{ return(adapter.dispatch('cast_or_empty', 'sosdata')(text, type)) }}
{%- endmacro %}

{% macro default__cast_or_empty(text, type) -%}
    try_cast({{ text }} as {{ type }})
{%- endmacro %}

{% macro postgres__cast_or_empty(text, type) -%}
    case when pg_input_is_valid({{ text }}, '{{ type }}') then cast({{ text }} as {{ type }}) end
{%- endmacro %}
