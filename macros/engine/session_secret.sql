{#- Bound, and read by its name: what is bound stands in no SQL that dbt writes or logs. -#}
{% macro set_session_secret(name, value) %}
    {{ return(adapter.dispatch('set_session_secret', 'sosdata')(name, value)) }}
{% endmacro %}

{% macro default__set_session_secret(name, value) %}
    {%- do adapter.add_query('set variable sosdata_' ~ name ~ ' = ?', bindings=[value]) -%}
{% endmacro %}

{#- Until the end of the transaction, in which the model is made. -#}
{% macro postgres__set_session_secret(name, value) %}
    {%- do adapter.add_query("select set_config('sosdata." ~ name ~ "', %s, true)", bindings=[value or '']) -%}
{% endmacro %}

{#- A variable that was never declared could not be read. -#}
{% macro spark__set_session_secret(name, value) %}
    {%- set variable = 'declare or replace variable sosdata_' ~ name ~ ' string default ' -%}
    {%- if value is none -%}
        {%- do adapter.add_query(variable ~ 'null') -%}
    {%- else -%}
        {%- do adapter.add_query(variable ~ '%s', bindings=[value]) -%}
    {%- endif -%}
{% endmacro %}

{% macro session_secret(name) -%}
    {{ return(adapter.dispatch('session_secret', 'sosdata')(name)) }}
{%- endmacro %}

{% macro default__session_secret(name) -%}
    cast(getvariable('sosdata_{{ name }}') as varchar)
{%- endmacro %}

{% macro postgres__session_secret(name) -%}
    nullif(current_setting('sosdata.{{ name }}', true), '')
{%- endmacro %}

{% macro spark__session_secret(name) -%}
    session.sosdata_{{ name }}
{%- endmacro %}

{% macro sha256_of_bytes(hex) %}
    {{ return(adapter.dispatch('sha256_of_bytes', 'sosdata')(hex)) }}
{% endmacro %}

{% macro default__sha256_of_bytes(hex) %}
    {%- set _, cursor = adapter.add_query('select sha256(unhex(?))', bindings=[hex]) -%}
    {{ return(cursor.fetchall()[0][0]) }}
{% endmacro %}

{% macro postgres__sha256_of_bytes(hex) %}
    {%- set _, cursor = adapter.add_query("select encode(sha256(decode(%s, 'hex')), 'hex')", bindings=[hex]) -%}
    {{ return(cursor.fetchall()[0][0]) }}
{% endmacro %}

{% macro spark__sha256_of_bytes(hex) %}
    {%- set _, cursor = adapter.add_query('select sha2(unhex(%s), 256)', bindings=[hex]) -%}
    {{ return(cursor.fetchall()[0][0]) }}
{% endmacro %}
