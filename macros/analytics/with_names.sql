{#- Names beside codes. `all` is a margin of a table, and no code. -#}
{% macro with_names(facts, columns) -%}
    select
        facts.*,
        {%- for column in columns %}
        {%- set last_column = loop.last %}
        {%- set named = column | replace('_code', '') %}
        {%- for language, all_of_them in [('en', 'all'), ('sv', 'alla'), ('fi', 'kaikki')] %}
        case
            when facts.{{ column }} = 'all' then '{{ all_of_them }}'
            else {{ named }}.name_{{ language }}
        end as {{ named }}_name_{{ language }}{{ ',' if not (last_column and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    from {{ facts }} as facts
    {%- for column, classification in columns.items() %}
    {%- set named = column | replace('_code', '') %}
    left join {{ ref('int_code_names') }} as {{ named }}
        on
            {{ named }}.classification = '{{ classification }}'
            and {{ named }}.code = facts.{{ column }}
    {%- endfor %}
{%- endmacro %}
