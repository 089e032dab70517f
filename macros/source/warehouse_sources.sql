{#- The contract of the extract for tables of a warehouse. -#}
{% macro stop_on_missing_sources() %}
    {%- if execute and sosdata.changes_relations() and not sosdata.extract_is_files() -%}
        {%- for table in sosdata.tables_brought() -%}
            {%- set relation = adapter.get_relation(
                database=var('source_database') or target.database,
                schema=sosdata.source_schema(),
                identifier=var('source_table_' ~ table)
            ) -%}
            {%- set place = 'the source table ' ~ sosdata.source_schema() ~ '.' ~ var('source_table_' ~ table) -%}
            {%- if relation is none -%}
                {%- do sosdata.stop(
                    place ~ ' (' ~ table ~ ') does not exist.'
                    ~ ('' if var('source_schema') else ' Say with the var source_schema where the tables are.')
                ) -%}
            {%- endif -%}
            {%- set names = sosdata.source_columns(relation) | map(attribute='name') | list -%}
            {%- if not names or not sosdata.may_read(relation) -%}
                {%- do sosdata.stop(
                    place ~ ' is there, but the role ' ~ (target.user or 'of this target')
                    ~ ' may not read it: grant select on it and usage on its schema.'
                ) -%}
            {%- endif -%}
            {%- do sosdata.stop_on_missing_columns(place, names, sosdata.required_columns(table)) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- An optional column is looked at too where its name is written so that it would not be found. -#}
{% macro stop_on_missing_columns(place, names, columns) %}
    {%- set found = names if sosdata.names_have_case() else names | map('lower') | list -%}
    {%- for column in columns + sosdata.optional_columns() if column not in found -%}
        {%- for name in names if name | lower == column -%}
            {%- do sosdata.stop(
                place ~ ' has the column "' ~ name ~ '", whose name must be in lower case: ' ~ column
                ~ '. Rename it, or read the table through a view.'
            ) -%}
        {%- endfor -%}
        {%- if column in columns -%}
            {%- do sosdata.stop(place ~ ' has no column ' ~ column ~ '. If it is there, the role may not read it.') -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{#- Whether a name in quotes is another name than the same one without. -#}
{% macro names_have_case() %}
    {{ return(adapter.dispatch('names_have_case', 'sosdata')()) }}
{% endmacro %}

{% macro default__names_have_case() %}
    {{ return(false) }}
{% endmacro %}

{% macro postgres__names_have_case() %}
    {{ return(true) }}
{% endmacro %}

{#- Whether rows of a relation may be read. Elsewhere, no columns are shown of what may not be. -#}
{% macro may_read(relation) %}
    {{ return(adapter.dispatch('may_read', 'sosdata')(relation)) }}
{% endmacro %}

{% macro default__may_read(relation) %}
    {{ return(true) }}
{% endmacro %}

{% macro postgres__may_read(relation) %}
    {{ return(run_query("
        select
            has_schema_privilege(namespace.oid, 'usage')
            and (has_table_privilege(class.oid, 'select') or has_any_column_privilege(class.oid, 'select')) as may_read
        from pg_catalog.pg_class as class
        inner join pg_catalog.pg_namespace as namespace on class.relnamespace = namespace.oid
        where namespace.nspname = " ~ dbt.string_literal(dbt.escape_single_quotes(relation.schema)) ~ "
        and class.relname = " ~ dbt.string_literal(dbt.escape_single_quotes(relation.identifier))
    ).rows[0]['may_read']) }}
{% endmacro %}
