{#- A decision without a type is positive (S-IV). -#}
{% macro effective_decision_type(decision_type_code) -%}
    coalesce(
        {{ decision_type_code }},
        (select min(code) from {{ ref('int_codes') }} where decision_meaning = 'positive')
    )
{%- endmacro %}
