{#- Rows that are alike in every column after trimming are one row and its duplicates (R1). -#}
{% macro trimmed_source_rows(table) -%}
    {%- set columns = sosdata.source_contract()[table].keys() | list -%}
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
        from {{ source('extract', table) }}
    ) as trimmed_rows
    group by {{ columns | join(', ') }}
{%- endmacro %}
