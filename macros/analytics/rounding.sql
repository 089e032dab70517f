{% macro start_of_rounding(measure, groups, base) -%}
    {%- set hash = sosdata.hash_for_rounding('start|' ~ measure, groups) -%}
    mod({{ sosdata.hex_to_number('left(' ~ hash ~ ', 7)') }}, {{ base }})
{%- endmacro %}

{#- The order of the cells that are rounded together, which nobody without the key can tell (A5). -#}
{% macro hash_for_rounding(words, rows) -%}
    {{ sosdata.sha256_hex("'" ~ words ~ "|' || " ~ rows ~ ".follow_up_period || '|' || " ~ rows ~ '.smallest_person_key') }}
{%- endmacro %}

{#- The multiples of the base that a running sum passes with this count: b * (floor(S_i / b) - floor(S_(i-1) / b)), which
    is the same without a division, that each engine does otherwise. -#}
{% macro step_of_rounding(count, reached, base) -%}
    {{ count }} + mod({{ reached }} - {{ count }}, {{ base }}) - mod({{ reached }}, {{ base }})
{%- endmacro %}
