-- Where the rows of each source table went: rows in = used + rejected + out of scope + duplicates (Q3, R6).
-- Grain: one row for each source table and source system.
-- Nothing is left out. rows_in is counted beside the source, not in what was made of it.
with

rows_in as (
    select
        source_table,
        {{ sosdata.without_personal_identity_codes('source_system') }} as source_system,
        rows_in
    from {{ ref('stg_extract__rows_in') }}
),

counted as (
    select
        source_table,
        source_system,
        rows_in,
        0 as rows_used,
        0 as rows_rejected,
        0 as rows_out_of_scope,
        0 as rows_duplicate
    from rows_in
    union all
    select
        source_table,
        source_system,
        0 as rows_in,
        case when is_accepted and is_in_scope then rows_distinct else 0 end as rows_used,
        case when is_accepted then 0 else rows_distinct end as rows_rejected,
        case when is_accepted and not is_in_scope then rows_distinct else 0 end as rows_out_of_scope,
        rows_alike - rows_distinct as rows_duplicate
    from {{ ref('int_quality__row_counts') }}
    where row_kind = 'source_row'
    {% for table in sosdata.source_tables() %}
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
    {% endfor %}
)

select
    cast(source_table as {{ dbt.type_string() }}) as source_table,
    source_system,
    cast(sum(rows_in) as {{ dbt.type_bigint() }}) as rows_in,
    cast(sum(rows_used) as {{ dbt.type_bigint() }}) as rows_used,
    cast(sum(rows_rejected) as {{ dbt.type_bigint() }}) as rows_rejected,
    cast(sum(rows_out_of_scope) as {{ dbt.type_bigint() }}) as rows_out_of_scope,
    cast(sum(rows_duplicate) as {{ dbt.type_bigint() }}) as rows_duplicate
from counted
group by source_table, source_system
