{% macro sha256_hex(text) -%}
    {{ return(adapter.dispatch('sha256_hex', 'sosdata')(text)) }}
{%- endmacro %}

{% macro default__sha256_hex(text) -%}
    sha256({{ text }})
{%- endmacro %}

{% macro postgres__sha256_hex(text) -%}
    encode(sha256(convert_to({{ text }}, 'UTF8')), 'hex')
{%- endmacro %}

{% macro spark__sha256_hex(text) -%}
    sha2({{ text }}, 256)
{%- endmacro %}

{% macro hex_to_number(text) -%}
    {{ return(adapter.dispatch('hex_to_number', 'sosdata')(text)) }}
{%- endmacro %}

{#- DuckDB and PostgreSQL read hexadecimal digits with their mark as a number. -#}
{% macro default__hex_to_number(text) -%}
    cast('0x' || {{ text }} as bigint)
{%- endmacro %}

{% macro spark__hex_to_number(text) -%}
    cast(conv({{ text }}, 16, 10) as bigint)
{%- endmacro %}
