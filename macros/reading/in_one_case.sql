{#- The letters that Finnish and Swedish names have: some databases know the case of ASCII letters alone. -#}
{% macro in_one_case(text) -%}
    replace(replace(replace(lower({{ text }}), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö')
{%- endmacro %}
