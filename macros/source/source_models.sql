{#- A table of the source contract may be a model of the project that installs this one: mapping and sections are then one
    graph and one `dbt build`, and nobody looks for a table that the same build makes (C6). -#}
{% macro source_model(table) %}
    {{ return((var('source_model_' ~ table, '') or '').strip()) }}
{% endmacro %}

{% macro tables_of_models() %}
    {%- set tables = [] -%}
    {%- for table in sosdata.source_tables() if sosdata.source_model(table) -%}
        {%- do tables.append(table) -%}
    {%- endfor -%}
    {{ return(tables) }}
{% endmacro %}

{#- The tables that stand somewhere before the build begins: as files or in a warehouse. -#}
{% macro tables_brought() %}
    {{ return(sosdata.source_tables() | reject('in', sosdata.tables_of_models()) | list) }}
{% endmacro %}

{% macro source_relation(table) %}
    {{ return(ref(sosdata.source_model(table)) if sosdata.source_model(table) else source('extract', table)) }}
{% endmacro %}
