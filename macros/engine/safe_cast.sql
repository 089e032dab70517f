{% macro safe_cast(text, type) -%}
    {{ return(adapter.dispatch('safe_cast', 'sosdata')(text, type)) }}
{%- endmacro %}

{% macro default__safe_cast(text, type) -%}
    try_cast({{ text }} as {{ type }})
{%- endmacro %}
