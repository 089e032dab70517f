-- Where the rows of each source table went: rows in = used + rejected + out of scope + duplicates (Q3, R6).
-- Grain: one row for each source table and source system.
-- Nothing is left out. rows_in is counted in the source itself, not in what was read of it.
with

{% for table, model, row_id in sosdata.checked_tables() %}
{{ table }}_in as (
    select
        {{ sosdata.trimmed('source_system') }} as source_system,
        count(*) as rows_in
    from {{ source('extract', table) }}
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
reconciled as (
    {% for table, model, row_id in sosdata.checked_tables() %}
    select
        '{{ table }}' as source_table,
        systems.source_system,
        coalesce({{ table }}_in.rows_in, 0) as rows_in,
        coalesce({{ table }}_out.rows_used, 0) as rows_used,
        coalesce({{ table }}_out.rows_rejected, 0) as rows_rejected,
        coalesce({{ table }}_out.rows_out_of_scope, 0) as rows_out_of_scope,
        coalesce({{ table }}_out.rows_duplicate, 0) as rows_duplicate
    from {{ ref('int_source_systems') }} as systems
    left join {{ table }}_in
        on coalesce({{ table }}_in.source_system, '') = coalesce(systems.source_system, '')
    left join {{ table }}_out
        on coalesce({{ table }}_out.source_system, '') = coalesce(systems.source_system, '')
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    cast(source_table as {{ dbt.type_string() }}) as source_table,
    {{ sosdata.without_personal_identity_codes('source_system') }} as source_system,
    cast(rows_in as {{ dbt.type_bigint() }}) as rows_in,
    cast(rows_used as {{ dbt.type_bigint() }}) as rows_used,
    cast(rows_rejected as {{ dbt.type_bigint() }}) as rows_rejected,
    cast(rows_out_of_scope as {{ dbt.type_bigint() }}) as rows_out_of_scope,
    cast(rows_duplicate as {{ dbt.type_bigint() }}) as rows_duplicate
from reconciled
