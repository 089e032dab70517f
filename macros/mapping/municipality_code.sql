{#- A name that stands twice is that of the municipality that ended last, or has not ended: Akaa is 020, not 003. -#}
{% macro join_municipality(from, column) -%}
    left join (
        select
            written_as,
            code
        from (
            select
                written_as,
                code,
                row_number() over (
                    partition by written_as order by coalesce(valid_to, {{ sosdata.last_day() }}) desc, code desc
                ) as place
            from (
                {%- for name in ["trim(leading '0' from code)", 'name_fi', 'name_sv'] %}
                select
                    {{ sosdata.in_one_case(name) }} as written_as,
                    code,
                    valid_to
                from {{ ref('codes_municipalities') }}
                {{ 'union all' if not loop.last }}
                {%- endfor %}
            ) as names
        ) as names_in_order
        where place = 1
    ) as {{ column }}_municipality
        on {{ column }}_municipality.written_as = {{ sosdata.in_one_case(
            "trim(leading '0' from " ~ sosdata.trimmed(from ~ '.' ~ column) ~ ')'
        ) }}
{%- endmacro %}

{% macro municipality_code(from, column) -%}
    coalesce({{ column }}_municipality.code, {{ sosdata.trimmed(from ~ '.' ~ column) }})
{%- endmacro %}
