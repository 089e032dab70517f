{#- What a source gives, every cell as text (C5a). The types are the source's own, and are asked for when the model is
    compiled: a test of the models above never meets them. -#}
{% macro source_as_text(table) -%}
    {%- set types = sosdata.source_column_types(table) -%}
    select
        {%- for column in sosdata.source_contract()[table] %}
        {% if types and column not in types -%}
            {{ sosdata.empty_text() }}
        {%- else -%}
            {{ sosdata.as_source_text(column, types.get(column, dbt.type_string())) }}
        {%- endif %} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ sosdata.source_relation(table) }}
{%- endmacro %}

{% macro source_column_types(table) %}
    {%- set types = {} -%}
    {%- set source_table = sosdata.source_relation(table) -%}
    {%- if execute -%}
        {%- set relation = adapter.get_relation(source_table.database, source_table.schema, source_table.identifier) -%}
        {%- if relation is not none -%}
            {%- for column in sosdata.source_columns(relation) -%}
                {%- do types.update({column.name | lower: column.dtype}) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if types and sosdata.source_model(table) -%}
            {%- do sosdata.stop_on_missing_columns(
                'the model ' ~ sosdata.source_model(table) ~ ' (source_model_' ~ table ~ ')',
                types.keys() | list, sosdata.required_columns(table)
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(types) }}
{% endmacro %}
