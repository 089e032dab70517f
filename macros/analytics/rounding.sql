{#- A5: where a cell stands among those that are rounded together. Nobody without the key can tell. -#}
{% macro place_of_rounding(measure, person_key) -%}
    {{ sosdata.sha256_hex("'" ~ measure ~ "|' || follow_up_period || '|' || " ~ person_key) }}
{%- endmacro %}

{% macro start_of_rounding(measure, person_key, base) -%}
    {%- set hash = sosdata.sha256_hex("'start|" ~ measure ~ "|' || follow_up_period || '|' || " ~ person_key) -%}
    mod({{ sosdata.hex_to_number('left(' ~ hash ~ ', 7)') }}, {{ base }})
{%- endmacro %}

{#- The multiples of the base that a running sum passes with this count: b * (floor(S_i / b) - floor(S_(i-1) / b)), which
    is the same without a division, that each engine does otherwise. -#}
{% macro step_of_rounding(count, reached, base) -%}
    {{ count }} + mod({{ reached }} - {{ count }}, {{ base }}) - mod({{ reached }}, {{ base }})
{%- endmacro %}
