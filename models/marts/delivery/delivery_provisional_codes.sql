-- Provisional codes in rows to be delivered: while there is one, no files are written for the register (K5).
-- Grain: one row for each follow-up period, section, column and provisional code.
-- Left out: national codes.
with

delivered_codes as (
    {% for section, relation, codes in sosdata.delivery_sections() if codes %}
    {% set last_section = loop.last %}
    {% for column, classification in codes.items() %}
    select
        follow_up_period,
        '{{ section }}' as section,
        '{{ column }}' as column_name,
        '{{ classification }}' as classification,
        {{ column }} as code,
        count(*) as rows_delivered
    from {{ ref(relation) }}
    group by follow_up_period, {{ column }}
    {{ 'union all' if not (last_section and loop.last) }}
    {% endfor %}
    {% endfor %}
)

select
    delivered_codes.follow_up_period,
    cast(delivered_codes.section as {{ dbt.type_string() }}) as section,
    cast(delivered_codes.column_name as {{ dbt.type_string() }}) as column_name,
    delivered_codes.code,
    cast(delivered_codes.rows_delivered as {{ dbt.type_bigint() }}) as rows_delivered
from delivered_codes
inner join {{ ref('int_codes') }} as codes
    on
        codes.classification = delivered_codes.classification
        and codes.code = delivered_codes.code
where codes.is_provisional
