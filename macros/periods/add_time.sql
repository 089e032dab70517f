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

{#- Somebody born on 29 February is a year older on 1 March of other years. -#}
{% macro age_on(birth_date, day) -%}
    cast(
        extract(year from {{ day }}) - extract(year from {{ birth_date }})
        - case
            when
                extract(month from {{ day }}) * 100 + extract(day from {{ day }})
                < extract(month from {{ birth_date }}) * 100 + extract(day from {{ birth_date }})
                then 1
            else 0
        end as {{ dbt.type_int() }}
    )
{%- endmacro %}
