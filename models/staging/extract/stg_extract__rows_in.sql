-- How many rows each source system brings in each table of the extract (Q3).
-- Grain: one row for each source table and source system; an empty one counts the rows that name none.
-- Nothing is left out: rows are counted as the source gives them, not as they are read.
{% for table in sosdata.source_tables() %}
select
    cast('{{ table }}' as {{ dbt.type_string() }}) as source_table,
    {{ sosdata.trimmed('source_system') }} as source_system,
    count(*) as rows_in
from {{ ref('base_extract__' ~ table) }}
group by {{ sosdata.trimmed('source_system') }}
{{ 'union all' if not loop.last }}
{% endfor %}
