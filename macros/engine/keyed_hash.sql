{#- HMAC-SHA-256 (RFC 2104) by its definition: no engine has it without an extension. -#}
{% macro keyed_hash(text, inner_pad, outer_pad) -%}
    {{ return(adapter.dispatch('keyed_hash', 'sosdata')(text, inner_pad, outer_pad)) }}
{%- endmacro %}

{% macro default__keyed_hash(text, inner_pad, outer_pad) -%}
    sha256(unhex({{ outer_pad }}) || unhex(sha256(unhex({{ inner_pad }}) || encode({{ text }}))))
{%- endmacro %}

{% macro postgres__keyed_hash(text, inner_pad, outer_pad) -%}
    encode(
        sha256(
            decode({{ outer_pad }}, 'hex') || sha256(decode({{ inner_pad }}, 'hex') || convert_to({{ text }}, 'UTF8'))
        ),
        'hex'
    )
{%- endmacro %}

{% macro spark__keyed_hash(text, inner_pad, outer_pad) -%}
    sha2(
        concat(
            unhex({{ outer_pad }}),
            unhex(sha2(concat(unhex({{ inner_pad }}), encode({{ text }}, 'UTF-8')), 256))
        ),
        256
    )
{%- endmacro %}
