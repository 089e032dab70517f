{#- Asked for where something is built, never while the project is parsed: dbt keeps what it parses, environment included. -#}
{% macro pseudonym_key() %}
    {%- set not_set = '\u0000' -%}
    {%- set key = env_var('SOSDATA_PSEUDONYM_SALT', not_set) -%}
    {{ return(none if key == not_set else key.encode('utf-8', 'surrogateescape')) }}
{% endmacro %}

{% macro has_pseudonym_key() %}
    {{ return(sosdata.pseudonym_key() is not none) }}
{% endmacro %}

{% macro stop_on_short_pseudonym_key() %}
    {%- if execute and sosdata.changes_relations() -%}
        {%- set key = sosdata.pseudonym_key() -%}
        {%- if key is not none and key | length < 16 -%}
            {%- do sosdata.stop(
                'SOSDATA_PSEUDONYM_SALT has fewer than 16 bytes, and could be guessed: give it a longer secret, or unset it'
                ~ ' to build without the analysts\' marts.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro place_pseudonym_key() %}
    {%- if execute -%}
        {%- set key = sosdata.pseudonym_key() -%}
        {%- for name, byte in [('inner_pad', '36'), ('outer_pad', '5c')] -%}
            {%- do sosdata.set_session_secret(name, none if key is none else sosdata.hmac_pad(key, byte)) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{% macro forget_pseudonym_key() %}
    {%- if execute -%}
        {%- for name in ['inner_pad', 'outer_pad'] -%}
            {%- do sosdata.set_session_secret(name, none) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- The key as one block of 64 bytes, each changed by the pad's byte (RFC 2104). -#}
{% macro hmac_pad(key, byte) %}
    {%- set hex = sosdata.sha256_of_bytes(key.hex()) if key | length > 64 else key.hex() -%}
    {%- set block = hex ~ '0' * (128 - hex | length) -%}
    {%- set changed = {
        '3': '32107654ba98fedc', '6': '67452301efcdab89', '5': '54761032dcfe98ba', 'c': 'cdef89ab45670123'
    } -%}
    {%- set digits = [] -%}
    {%- for digit in block -%}
        {%- do digits.append(changed[byte[(loop.index0 % 2)]]['0123456789abcdef'.index(digit)]) -%}
    {%- endfor -%}
    {{ return(digits | join) }}
{% endmacro %}
