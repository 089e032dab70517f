{% macro add_days(date, days) -%}
    cast({{ date }} + {{ days }} * interval '1' day as date)
{%- endmacro %}

{#- 29 February counts as 1 March in other years (R5), so it is moved as the day after 28 February. -#}
{% macro add_years(date, years) -%}
    case
        when extract(month from {{ date }}) = 2 and extract(day from {{ date }}) = 29
            then cast({{ date }} - interval '1' day + {{ years }} * interval '1' year + interval '1' day as date)
        else cast({{ date }} + {{ years }} * interval '1' year as date)
    end
{%- endmacro %}
