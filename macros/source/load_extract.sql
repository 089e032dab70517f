{#- Reads the files of SOSDATA_SOURCE_DIR into the embedded engine, where the models find them as sources. -#}
{% macro load_extract() %}
    {%- if execute and sosdata.changes_relations() and sosdata.extract_is_files() -%}
        {%- set folder = sosdata.source_dir() -%}
        {%- set entries = sosdata.source_entries(folder) -%}
        {%- do sosdata.stop_on_missing_folder(folder, entries) -%}
        {%- do run_query('drop schema if exists ' ~ sosdata.source_schema() ~ ' cascade') -%}
        {%- do run_query('create schema ' ~ sosdata.source_schema()) -%}
        {%- for table in sosdata.tables_brought() -%}
            {%- do sosdata.load_file(folder, entries, table, sosdata.required_columns(table)) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{% macro extract_is_files() %}
    {{ return(target.type == 'duckdb' and not var('source_schema') and sosdata.tables_brought() | length > 0) }}
{% endmacro %}

{% macro source_schema() %}
    {{ return(var('source_schema') or 'loaded_extract') }}
{% endmacro %}

{% macro load_file(folder, entries, table, columns) %}
    {%- set csv = table ~ '.csv' -%}
    {%- set parquet = table ~ '.parquet' -%}
    {%- set relation = sosdata.source_schema() ~ '.' ~ table -%}
    {%- if csv in entries and parquet in entries -%}
        {%- do sosdata.stop(
            'the extract in ' ~ folder ~ ' has both ' ~ csv ~ ' and ' ~ parquet ~ '. Leave one of them.'
        ) -%}
    {%- elif csv in entries and entries[csv] -%}
        {%- do sosdata.stop(
            csv ~ ' is a folder. Write the table as one file, or as a folder of Parquet named ' ~ parquet ~ '.'
        ) -%}
    {%- elif csv in entries -%}
        {%- do sosdata.load_csv(csv, sosdata.path_literal(folder ~ '/' ~ csv), columns, relation) -%}
    {%- elif parquet in entries -%}
        {%- do sosdata.load_parquet(parquet, folder ~ '/' ~ parquet, entries[parquet], columns, relation) -%}
    {%- else -%}
        {%- for name in entries if name.strip() | lower in [csv, parquet] -%}
            {%- do sosdata.stop(
                'the extract in ' ~ folder ~ ' has ' ~ name ~ ', whose name must be written ' ~ name.strip() | lower ~ '.'
            ) -%}
        {%- endfor -%}
        {%- do sosdata.stop(
            'the extract in ' ~ folder ~ ' has no ' ~ csv ~ ' and no ' ~ parquet
            ~ ('. A folder with a backslash in its name can hold files only, no folders of parts.' if '\\' in folder
               else '. A table without rows is a file with its header only.')
        ) -%}
    {%- endif -%}
{% endmacro %}

{#- The columns that are kept, in order: an optional one that the file lacks is there and empty. -#}
{% macro kept_columns(columns, header) %}
    {%- set kept = columns | list -%}
    {%- for column in sosdata.optional_columns() if column not in columns -%}
        {%- do kept.append(column if column in header else 'cast(null as varchar) as ' ~ column) -%}
    {%- endfor -%}
    {{ return(kept | join(', ')) }}
{% endmacro %}

{#- A column's name without what the eye does not see in it. -#}
{% macro plain_name(name) %}
    {{ return(modules.re.sub('[\\s"\'\u00ad\u180e\u200b-\u200f\u2060\ufeff]', '', name or '') | lower) }}
{% endmacro %}

{% macro stop_on_wrong_header(file, header, columns) %}
    {%- for column in columns + sosdata.optional_columns() if column not in header -%}
        {%- for name in header if sosdata.plain_name(name) == column -%}
            {%- set seen = modules.re.sub('[^ -~]', '', name) -%}
            {%- do sosdata.stop(
                file ~ ": the column '" ~ seen ~ "' "
                ~ ('holds characters that cannot be seen; it ' if seen != name else '')
                ~ 'must be written ' ~ column ~ '.'
            ) -%}
        {%- endfor -%}
        {%- if column in columns -%}
            {%- do sosdata.stop(file ~ ' has no column ' ~ column ~ '.') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for column in columns + sosdata.optional_columns() if header | select('equalto', column) | list | length > 1 -%}
        {%- do sosdata.stop(file ~ ' has the column ' ~ column ~ ' more than once.') -%}
    {%- endfor -%}
{% endmacro %}

{% macro stop(sentence) %}
    {{ exceptions.raise_compiler_error(sentence) }}
{% endmacro %}
