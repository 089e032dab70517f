-- Which share of the rows was rejected, of each source table and of each source system in it, and where it is too much (Q4).
-- Grain: one row for each source table, with an empty source system for all systems together, and for each of its systems.
-- Left out: rows without anything in them, tables without rows, and as systems of their own the rows that name none.
{% set limit = sosdata.max_rejected_share() %}
with

{% for table, model, row_id in sosdata.checked_tables() %}
{{ table }}_judged as (
    select
        '{{ table }}' as source_table,
        source_system,
        count(*) as rows_judged,
        sum(case when is_accepted then 0 else 1 end) as rows_rejected
    from {{ ref(model) }}
    where not is_blank
    group by source_system
),

{% endfor %}
by_system as (
    {% for table, model, row_id in sosdata.checked_tables() %}
    select
        source_table,
        {{ sosdata.without_personal_identity_codes('source_system') }} as source_system,
        rows_judged,
        rows_rejected
    from {{ table }}_judged
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

judged as (
    select
        source_table,
        {{ sosdata.no_text() }} as source_system,
        sum(rows_judged) as rows_judged,
        sum(rows_rejected) as rows_rejected,
        1 as rows_needed
    from by_system
    group by source_table
    union all
    select
        source_table,
        source_system,
        sum(rows_judged) as rows_judged,
        sum(rows_rejected) as rows_rejected,
        100 as rows_needed
    from by_system
    where source_system is not null
    group by source_table, source_system
)

select
    cast(source_table as {{ dbt.type_string() }}) as source_table,
    source_system,
    cast(rows_judged as {{ dbt.type_bigint() }}) as rows_judged,
    cast(rows_rejected as {{ dbt.type_bigint() }}) as rows_rejected,
    rows_judged >= rows_needed and rows_rejected > {{ limit }} * rows_judged as is_over
from judged
