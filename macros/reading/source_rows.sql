{#- Rows that are alike in every column after trimming are one row and its duplicates; an id that stands on more rows than
    those is on rows that differ (R1). -#}
{% macro trimmed_source_rows(table) -%}
    {%- set columns = sosdata.source_contract()[table].keys() | list -%}
    {%- set row_id = columns[1] -%}
    select
        {%- for column in columns %}
        distinct_rows.{{ column }},
        {%- endfor %}
        distinct_rows.rows_alike,
        coalesce(rows_of_ids.rows_of_id > distinct_rows.rows_alike, false) as has_repeated_id,
        coalesce({% for column in columns %}distinct_rows.{{ column }}{{ ', ' if not loop.last }}{% endfor %}) is null as is_blank,
        {%- for column in columns %}
        {{ 'or ' if not loop.first }}{{ sosdata.holds_line_break('distinct_rows.' ~ column) }}
        {%- endfor %} as holds_line_break
    from (
        select
            {%- for column in columns %}
            {{ column }},
            {%- endfor %}
            count(*) as rows_alike
        from (
            select
                {%- for column in columns %}
                {{ sosdata.trimmed(column) }} as {{ column }}{{ ',' if not loop.last }}
                {%- endfor %}
            from {{ ref('base_extract__' ~ table) }}
        ) as trimmed_rows
        group by {{ columns | join(', ') }}
    ) as distinct_rows
    left join (
        select
            source_system,
            {{ row_id }},
            count(*) as rows_of_id
        from (
            select
                {{ sosdata.trimmed('source_system') }} as source_system,
                {{ sosdata.trimmed(row_id) }} as {{ row_id }}
            from {{ ref('base_extract__' ~ table) }}
        ) as trimmed_ids
        group by source_system, {{ row_id }}
        having count(*) > 1
    ) as rows_of_ids
        on
            rows_of_ids.source_system = distinct_rows.source_system
            and rows_of_ids.{{ row_id }} = distinct_rows.{{ row_id }}
{%- endmacro %}

{#- Inside a cell, where it tells of quotation marks that swallowed the next row (C8). -#}
{% macro holds_line_break(column) -%}
    coalesce({{ column }} like '%' || chr(10) || '%' or {{ column }} like '%' || chr(13) || '%', false)
{%- endmacro %}
