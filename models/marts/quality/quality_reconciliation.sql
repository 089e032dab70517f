-- Where the rows of each source table went: rows in = used + rejected + out of scope + duplicates (Q3, R6).
-- Grain: one row for each source table and source system.
-- Nothing is left out. rows_in is counted in the source itself, not in what was read of it.
with

{% for table, model, row_id in sosdata.checked_tables() %}
{{ table }}_in as (
    select
        {{ sosdata.trimmed('source_system') }} as source_system,
        count(*) as rows_in
    from {{ ref('base_extract__' ~ table) }}
    group by {{ sosdata.trimmed('source_system') }}
),

{{ table }}_out as (
    select
        source_system,
        sum(case when is_accepted and is_in_scope then 1 else 0 end) as rows_used,
        sum(case when is_accepted then 0 else 1 end) as rows_rejected,
        sum(case when is_accepted and not is_in_scope then 1 else 0 end) as rows_out_of_scope,
        sum(rows_alike - 1) as rows_duplicate
    from {{ ref(model) }}
    group by source_system
),

{% endfor %}
counted as (
    {% for table, model, row_id in sosdata.checked_tables() %}
    select
        '{{ table }}' as source_table,
        source_system,
        rows_in,
        0 as rows_used,
        0 as rows_rejected,
        0 as rows_out_of_scope,
        0 as rows_duplicate
    from {{ table }}_in
    union all
    select
        '{{ table }}' as source_table,
        source_system,
        0 as rows_in,
        rows_used,
        rows_rejected,
        rows_out_of_scope,
        rows_duplicate
    from {{ table }}_out
    union all
    select
        '{{ table }}' as source_table,
        source_system,
        0 as rows_in,
        0 as rows_used,
        0 as rows_rejected,
        0 as rows_out_of_scope,
        0 as rows_duplicate
    from {{ ref('int_source_systems') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

named as (
    select
        source_table,
        {{ sosdata.without_personal_identity_codes('source_system') }} as source_system,
        rows_in,
        rows_used,
        rows_rejected,
        rows_out_of_scope,
        rows_duplicate
    from counted
)

select
    cast(source_table as {{ dbt.type_string() }}) as source_table,
    source_system,
    cast(sum(rows_in) as {{ dbt.type_bigint() }}) as rows_in,
    cast(sum(rows_used) as {{ dbt.type_bigint() }}) as rows_used,
    cast(sum(rows_rejected) as {{ dbt.type_bigint() }}) as rows_rejected,
    cast(sum(rows_out_of_scope) as {{ dbt.type_bigint() }}) as rows_out_of_scope,
    cast(sum(rows_duplicate) as {{ dbt.type_bigint() }}) as rows_duplicate
from named
group by source_table, source_system
