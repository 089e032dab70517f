{#- Reads the files of SOSDATA_SOURCE_DIR into the embedded engine, where the models find them as sources. -#}
{% macro load_extract() %}
    {%- if execute and sosdata.changes_relations() and sosdata.extract_is_files() -%}
        {%- set folder = sosdata.source_dir() -%}
        {%- do run_query('drop schema if exists ' ~ sosdata.source_schema() ~ ' cascade') -%}
        {%- do run_query('create schema ' ~ sosdata.source_schema()) -%}
        {%- for table, contract in sosdata.source_contract().items() -%}
            {%- do sosdata.load_file(folder, table, contract.keys() | list) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{% macro extract_is_files() %}
    {{ return(target.type == 'duckdb' and not var('source_schema')) }}
{% endmacro %}

{% macro source_schema() %}
    {{ return(var('source_schema') or 'loaded_extract') }}
{% endmacro %}

{% macro load_file(folder, table, columns) %}
    {%- set csv = dbt.string_literal(dbt.escape_single_quotes(folder ~ '/' ~ table ~ '.csv')) -%}
    {%- set parquet = dbt.string_literal(dbt.escape_single_quotes(folder ~ '/' ~ table ~ '.parquet')) -%}
    {%- set found = run_query('select file from glob([' ~ csv ~ ', ' ~ parquet ~ '])') -%}
    {%- set relation = sosdata.source_schema() ~ '.' ~ table -%}
    {%- if found | length == 0 -%}
        {%- do sosdata.stop(
            'the extract in ' ~ folder ~ ' has no ' ~ table ~ '.csv and no ' ~ table ~ '.parquet. '
            ~ 'A table without rows is a file with its header only.'
        ) -%}
    {%- elif found | length > 1 -%}
        {%- do sosdata.stop(
            'the extract in ' ~ folder ~ ' has both ' ~ table ~ '.csv and ' ~ table ~ '.parquet. Leave one of them.'
        ) -%}
    {%- elif found.columns[0].values()[0].endswith('.parquet') -%}
        {%- set header = run_query('describe select * from read_parquet(' ~ parquet ~ ')').columns[0].values() -%}
        {%- do sosdata.stop_on_wrong_header(table ~ '.parquet', header, columns) -%}
        {%- do run_query('create view ' ~ relation ~ ' as select * from read_parquet(' ~ parquet ~ ')') -%}
    {%- else -%}
        {%- set header = sosdata.csv_header(table, csv) -%}
        {%- do sosdata.stop_on_wrong_header(table ~ '.csv', header, columns) -%}
        {%- do sosdata.load_csv(table, csv, header, columns, relation) -%}
    {%- endif -%}
{% endmacro %}

{#- DuckDB's own messages quote the line that it could not read, which may hold a personal identity code:
    what would make it stop is looked for first, and said without the line. -#}
{% macro csv_header(table, csv) %}
    {%- set file = run_query("
        with
        file as (select try(decode(content)) as content from read_blob(" ~ csv ~ ")),
        unquoted as (select content, regexp_replace(content, '\"[^\"]*\"', '', 'g') as outside_quotes from file)
        select
            content is null as is_not_utf8,
            (length(content) - length(replace(content, '\"', ''))) % 2 as has_open_quote,
            contains(outside_quotes, chr(13) || chr(10))
            and contains(replace(outside_quotes, chr(13) || chr(10), ''), chr(10)) as mixes_line_ends,
            regexp_extract(ltrim(content, chr(65279)), '^[^\\r\\n]*') as header
        from unquoted
    ").rows[0] -%}
    {%- if file['is_not_utf8'] -%}
        {%- do sosdata.stop(table ~ '.csv is not UTF-8. Write the extract again in UTF-8.') -%}
    {%- elif file['has_open_quote'] == 1 -%}
        {%- do sosdata.stop(
            table ~ '.csv has a quotation mark that is never closed. Double the quotation marks inside cells.'
        ) -%}
    {%- elif file['mixes_line_ends'] -%}
        {%- do sosdata.stop(
            table ~ '.csv ends some lines in the Windows way and others not. Write the extract again with one kind.'
        ) -%}
    {%- elif ',' not in (file['header'] or '') and ';' in (file['header'] or '') -%}
        {%- do sosdata.stop(table ~ '.csv is parted by semicolons. Write the extract again with commas between the cells.') -%}
    {%- elif not file['header'] -%}
        {%- do sosdata.stop(table ~ '.csv is empty. A table without rows is a file with its header only.') -%}
    {%- endif -%}
    {%- set header = [] -%}
    {%- for name in file['header'].split(',') -%}
        {%- do header.append(name.strip('"')) -%}
    {%- endfor -%}
    {{ return(header) }}
{% endmacro %}

{% macro load_csv(table, csv, header, wanted, relation) %}
    {%- set columns = [] -%}
    {%- for name in header -%}
        {%- set column = name if name in wanted else 'not_read_' ~ loop.index -%}
        {%- do columns.append("'" ~ column ~ "': 'varchar'") -%}
    {%- endfor -%}
    {%- set rejects = 'unreadable_lines_of_' ~ table -%}
    {%- do run_query('drop table if exists ' ~ rejects) -%}
    {%- do run_query('drop table if exists ' ~ rejects ~ '_scans') -%}
    {%- do run_query("
        create table " ~ relation ~ " as
        select " ~ wanted | reject('in', sosdata.optional_columns() if 'unit' not in header else []) | join(', ') ~ " from read_csv(
            " ~ csv ~ ", auto_detect = false, columns = {" ~ columns | join(', ') ~ "}, header = true, skip = 0,
            delim = ',', quote = '\"', escape = '\"', comment = '', max_line_size = 20000000, parallel = false,
            store_rejects = true, rejects_table = '" ~ rejects ~ "', rejects_scan = '" ~ rejects ~ "_scans'
        )
    ") -%}
    {%- set unreadable = run_query(
        'select line, min(cast(error_type as varchar)) as reason from ' ~ rejects ~ ' group by line order by line limit 5'
    ) -%}
    {%- set reasons = {
        'MISSING COLUMNS': 'fewer cells than the header',
        'TOO MANY COLUMNS': 'more cells than the header',
        'UNQUOTED VALUE': 'a quotation mark that is not doubled inside a cell',
        'INVALID ENCODING': 'characters that are not UTF-8',
        'LINE SIZE OVER MAXIMUM': 'more than 20 million characters',
    } -%}
    {%- set places = [] -%}
    {%- for row in unreadable.rows -%}
        {%- do places.append('line ' ~ row['line'] ~ ' has ' ~ reasons.get(row['reason'], 'a form that cannot be read')) -%}
    {%- endfor -%}
    {%- if places -%}
        {%- do run_query('drop table ' ~ relation) -%}
        {%- do sosdata.stop(table ~ '.csv cannot be read: ' ~ places | join('; ') ~ '. Mend the extract and build again.') -%}
    {%- endif -%}
{% endmacro %}

{% macro stop_on_wrong_header(file, header, columns) %}
    {%- for column in columns if column not in header and column not in sosdata.optional_columns() -%}
        {%- for name in header if name.strip() | lower == column -%}
            {%- do sosdata.stop(file ~ ": the column '" ~ name ~ "' must be written " ~ column ~ '.') -%}
        {%- endfor -%}
        {%- do sosdata.stop(file ~ ' has no column ' ~ column ~ '.') -%}
    {%- endfor -%}
    {%- for column in columns if header | select('equalto', column) | list | length > 1 -%}
        {%- do sosdata.stop(file ~ ' has the column ' ~ column ~ ' more than once.') -%}
    {%- endfor -%}
{% endmacro %}

{#- The same contract for tables of a warehouse, whose engine folds the case of names. -#}
{% macro stop_on_missing_sources() %}
    {%- if execute and sosdata.changes_relations() and not sosdata.extract_is_files() -%}
        {%- for table, contract in sosdata.source_contract().items() -%}
            {%- set relation = adapter.get_relation(
                database=var('source_database') or target.database,
                schema=sosdata.source_schema(),
                identifier=var('source_table_' ~ table)
            ) -%}
            {%- set place = sosdata.source_schema() ~ '.' ~ var('source_table_' ~ table) -%}
            {%- if relation is none -%}
                {%- do sosdata.stop(
                    'the source table ' ~ place ~ ' (' ~ table ~ ') does not exist.'
                    ~ ('' if var('source_schema') else ' Say with the var source_schema where the tables are.')
                ) -%}
            {%- endif -%}
            {%- set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
            {%- for column in contract if column not in names and column not in sosdata.optional_columns() -%}
                {%- do sosdata.stop('the source table ' ~ place ~ ' has no column ' ~ column ~ '.') -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{% macro stop(sentence) %}
    {{ exceptions.raise_compiler_error(sentence) }}
{% endmacro %}

{% macro source_dir() %}
    {{ return(env_var('SOSDATA_SOURCE_DIR', env_var('SOSDATA_DEMO_DIR', 'demo') ~ '/extract')) }}
{% endmacro %}
