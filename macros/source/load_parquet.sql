{#- A file of Parquet, or a folder of parts as Spark writes them, as a view. What would make the engine complain in a later
    read is looked for first: it would quote the value. -#}
{% macro load_parquet(file, place, is_folder, columns, relation) %}
    {%- set parts = sosdata.parquet_parts(file, place, is_folder) -%}
    {%- if not sosdata.engine_can_read('from parquet_schema([' ~ parts.values() | join(', ') ~ '])') -%}
        {%- for name, path in parts.items() if not sosdata.engine_can_read('from parquet_schema(' ~ path ~ ')') -%}
            {%- do sosdata.stop_on_damaged_parquet(name) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set headers = sosdata.parquet_headers(file, parts) -%}
    {%- set found = [] -%}
    {%- for name, header in headers.items() -%}
        {%- set names = header | map('first') | list -%}
        {%- do sosdata.stop_on_wrong_header(name, names, columns) -%}
        {%- do found.extend(names) -%}
    {%- endfor -%}
    {%- do sosdata.stop_on_other_types(headers, columns) -%}
    {%- set kept = sosdata.kept_columns(columns, found) -%}
    {%- do sosdata.stop_on_unreadable_values(file, parts, kept) -%}
    {%- do run_query('create view ' ~ relation ~ ' as select ' ~ kept ~ ' from ' ~ sosdata.parquet_rows(parts.values())) -%}
{% endmacro %}

{% macro parquet_rows(paths, options='') %}
    {{ return(
        'read_parquet([' ~ paths | join(', ') ~ '], hive_partitioning = false, union_by_name = true, binary_as_string = true'
        ~ options ~ ')'
    ) }}
{% endmacro %}

{#- Names of the files that make a table, and their paths. What begins with _ or . is no part. -#}
{% macro parquet_parts(file, place, is_folder) %}
    {%- if not is_folder -%}
        {{ return({file: sosdata.path_literal(place)}) }}
    {%- endif -%}
    {%- set parts = {} -%}
    {%- for row in run_query('select file from glob(' ~ sosdata.path_literal(place, '/**') ~ ') order by file').rows -%}
        {%- set name = sosdata.parquet_part_name(file, row['file']) -%}
        {%- if not modules.re.search('/[._]', name) -%}
            {%- do parts.update({name: sosdata.path_literal(place ~ name[file | length:])}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not parts -%}
        {%- do sosdata.stop('the folder ' ~ file ~ ' holds no part. A table without rows is a part without rows.') -%}
    {%- endif -%}
    {{ return(parts) }}
{% endmacro %}

{% macro parquet_part_name(file, path) %}
    {{ return(file ~ path[path.rindex('/' ~ file) + file | length + 1:]) }}
{% endmacro %}

{#- Columns of each part and their types. Fields inside a column come after it, and are none. -#}
{% macro parquet_headers(file, parts) %}
    {%- set headers = {} -%}
    {%- set ns = namespace(inner=0) -%}
    {%- for row in run_query(
        'select file_name, name, coalesce(num_children, 0) as child_count, duckdb_type, column_id from parquet_schema(['
        ~ parts.values() | join(', ') ~ ']) order by file_name, column_id'
    ).rows -%}
        {%- set part = sosdata.parquet_part_name(file, row['file_name']) -%}
        {%- if row['column_id'] == 0 -%}
            {%- do headers.update({part: []}) -%}
            {%- set ns.inner = 0 -%}
        {%- elif ns.inner > 0 -%}
            {%- set ns.inner = ns.inner - 1 + row['child_count'] | int -%}
        {%- else -%}
            {%- set ns.inner = row['child_count'] | int -%}
            {%- do headers[part].append((row['name'], row['duckdb_type'] or '')) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(headers) }}
{% endmacro %}

{#- Parts may differ in how wide their numbers are, and in having no value at all in a column. -#}
{% macro stop_on_other_types(headers, columns) %}
    {%- set first = {} -%}
    {%- for name, header in headers.items() -%}
        {%- for column, given in header if column in columns + sosdata.optional_columns() and 'NULL' not in given -%}
            {%- set type = modules.re.sub('^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$', 'whole number', given) -%}
            {%- set type = 'VARCHAR' if type == 'BLOB' else type -%}
            {%- do first.setdefault(column, (type, name)) -%}
            {%- if first[column][0] != type -%}
                {%- do sosdata.stop(
                    name ~ ': the column ' ~ column ~ ' is of another type (' ~ type ~ ') than in ' ~ first[column][1] ~ ' ('
                    ~ first[column][0] ~ '). Write all parts with one type.'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}

{#- Reads each value once. Bytes that are no UTF-8 are seen by the length of a text that is without them. -#}
{% macro stop_on_unreadable_values(file, parts, kept) %}
    {%- set rows = '(select ' ~ kept ~ ' from ' ~ sosdata.parquet_rows(parts.values()) ~ ')' -%}
    {%- set texts = [] -%}
    {%- set others = [] -%}
    {%- for row in run_query('describe from ' ~ rows).rows -%}
        {%- do (texts if row['column_type'] == 'VARCHAR' else others).append(row['column_name']) -%}
    {%- endfor -%}
    {%- if not sosdata.engine_can(
        'create or replace temp table parquet_look as ' ~ sosdata.look_at_parquet(parts.values(), kept, texts, others)
    ) -%}
        {%- for name, path in parts.items() if not sosdata.engine_can_read(
            sosdata.look_at_parquet([path], kept, texts, others)
        ) -%}
            {%- do sosdata.stop_on_damaged_parquet(name) -%}
        {%- endfor -%}
        {%- do sosdata.stop_on_damaged_parquet(file) -%}
    {%- endif -%}
    {%- set differing = run_query('select 1 from parquet_look where replaced <> without') | length -%}
    {%- do run_query('drop table parquet_look') -%}
    {%- if differing -%}
        {%- do sosdata.stop_on_bytes_that_are_no_text(parts, texts) -%}
    {%- endif -%}
{% endmacro %}

{% macro look_at_parquet(paths, kept, texts, others) %}
    {%- set lengths -%}
        [0{% for column in texts %}, coalesce(sum(strlen({{ column }})), 0){% endfor %}]
    {%- endset -%}
    {{ return(
        'select (select ' ~ lengths ~ ' from (select ' ~ kept ~ ' from '
        ~ sosdata.parquet_rows(paths, ", utf8_validation = 'replace'") ~ ')) as replaced, (select ' ~ lengths ~ ' from (select '
        ~ kept ~ ' from ' ~ sosdata.parquet_rows(paths, ", utf8_validation = 'ignore'") ~ ')) as without, (select bit_xor(hash('
        ~ (['0'] + others) | join(', ') ~ ')) from (select ' ~ kept ~ ' from ' ~ sosdata.parquet_rows(paths) ~ ')) as others'
    ) }}
{% endmacro %}

{% macro stop_on_bytes_that_are_no_text(parts, texts) %}
    {%- for name, path in parts.items() -%}
        {%- set names = run_query('describe from ' ~ sosdata.parquet_rows([path])).columns[0].values() -%}
        {%- for column in texts if column in names -%}
            {%- set found = run_query(
                'select min(replaced.file_row_number) + 1 as row_number from '
                ~ sosdata.parquet_rows([path], ", utf8_validation = 'replace', file_row_number = true")
                ~ ' as replaced inner join '
                ~ sosdata.parquet_rows([path], ", utf8_validation = 'ignore', file_row_number = true") ~ ' as without'
                ~ ' using (file_row_number) where strlen(replaced.' ~ column ~ ') <> strlen(without.' ~ column ~ ')'
            ).rows[0]['row_number'] -%}
            {%- if found -%}
                {%- do sosdata.stop(
                    name ~ ' is not UTF-8 in the column ' ~ column ~ ' of row ' ~ found ~ '. Write the extract again in UTF-8.'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}

{% macro stop_on_damaged_parquet(name) %}
    {%- do sosdata.stop(
        name ~ ' cannot be read as Parquet: it is damaged, cut short, encrypted or of another form, '
        ~ 'or this account may not read it. Write it again.'
    ) -%}
{% endmacro %}
