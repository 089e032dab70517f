{% macro add_days(date, days) -%}
    cast({{ dbt.dateadd('day', days, date) }} as date)
{%- endmacro %}

{#- 29 February counts as 1 March in other years (R5), so it is moved as the day after 28 February. -#}
{% macro add_years(date, years) -%}
    case
        when extract(month from {{ date }}) = 2 and extract(day from {{ date }}) = 29
            then {{ sosdata.add_days(dbt.dateadd('year', years, sosdata.add_days(date, -1)), 1) }}
        else cast({{ dbt.dateadd('year', years, date) }} as date)
    end
{%- endmacro %}

