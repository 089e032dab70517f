{#- PostgreSQL's information schema, which dbt asks, knows no materialized views. -#}
{% macro source_columns(relation) %}
    {{ return(adapter.dispatch('source_columns', 'sosdata')(relation)) }}
{% endmacro %}

{% macro default__source_columns(relation) %}
    {{ return(adapter.get_columns_in_relation(relation)) }}
{% endmacro %}

{% macro postgres__source_columns(relation) %}
    {%- set columns = [] -%}
    {%- for row in run_query("
        select
            attribute.attname as column_name,
            format_type(coalesce(nullif(type.typbasetype, 0), type.oid), null) as data_type
        from pg_catalog.pg_attribute as attribute
        inner join pg_catalog.pg_class as class on attribute.attrelid = class.oid
        inner join pg_catalog.pg_namespace as namespace on class.relnamespace = namespace.oid
        inner join pg_catalog.pg_type as type on attribute.atttypid = type.oid
        where namespace.nspname = " ~ dbt.string_literal(dbt.escape_single_quotes(relation.schema)) ~ "
        and class.relname = " ~ dbt.string_literal(dbt.escape_single_quotes(relation.identifier)) ~ "
        and attribute.attnum > 0
        and not attribute.attisdropped
        and has_column_privilege(class.oid, attribute.attnum, 'select')
        order by attribute.attnum
    ").rows -%}
        {%- do columns.append({'name': row['column_name'], 'dtype': row['data_type']}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}
