{#- dbt loads a seed without a byte as a table without a column, which the embedded engine does not make. Only that engine
    can read files. -#}
{% macro stop_on_empty_seed_files() %}
    {%- if execute and sosdata.changes_relations() and target.type == 'duckdb' -%}
        {%- for seed in graph.nodes.values() if seed.resource_type == 'seed' -%}
            {%- set path = sosdata.path_literal((seed.root_path or '.') ~ '/' ~ seed.original_file_path) -%}
            {%- if run_query('select 1 from read_blob(' ~ path ~ ') where octet_length(content) = 0').rows -%}
                {%- do sosdata.stop(seed.name ~ '.csv is empty. A list without rows is a file with its header only.') -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- A seed in the form that its readers take it for. -#}
{% macro stop_on_wrong_columns(seed, columns) %}
    {%- set file = seed.identifier ~ '.csv' -%}
    {%- set names = adapter.get_columns_in_relation(seed) | map(attribute='name') | list -%}
    {%- set missing = columns | reject('in', names) | list -%}
    {%- if missing -%}
        {%- set told = namespace(why='') -%}
        {%- if names | length == 1 and ';' in names[0] -%}
            {%- set told.why = 'is parted by semicolons' -%}
        {%- elif names | length == 1 and ',' in names[0] -%}
            {%- set told.why = 'holds each row in one cell' -%}
        {%- elif names | length == 1 and '\t' in names[0] -%}
            {%- set told.why = 'is parted by tabs' -%}
        {%- elif missing | length == columns | length -%}
            {%- set told.why = 'has no header' -%}
        {%- else -%}
            {%- set told.why = 'has no column ' ~ missing | join(' and no column ') -%}
        {%- endif -%}
        {%- do sosdata.stop(
            file ~ ' ' ~ told.why ~ '. Its first line must be ' ~ columns | join(',')
            ~ '; save it again from the spreadsheet as "CSV UTF-8" with commas.'
        ) -%}
    {%- endif -%}
{% endmacro %}

{% macro stop_on_wrong_code_map(code_map) %}
    {%- if execute -%}
        {%- set columns = ['source_system', 'classification', 'local_code', 'national_code'] -%}
        {%- do sosdata.stop_on_wrong_columns(code_map, columns) -%}
        {%- set trimmed_columns = [] -%}
        {%- for column in columns -%}
            {%- do trimmed_columns.append(sosdata.trimmed(column) ~ ' as ' ~ column) -%}
        {%- endfor -%}
        {%- set rows = 'select ' ~ trimmed_columns | join(', ') ~ ' from ' ~ code_map -%}
        {%- set shown = [] -%}
        {%- for column in columns[:3] -%}
            {%- do shown.append("coalesce(" ~ sosdata.without_personal_identity_codes(column) ~ ", '')") -%}
        {%- endfor -%}
        {%- set place = shown | join(" || ',' || ") -%}
        {%- set incomplete = run_query(
            'select ' ~ place ~ ' as place from (' ~ rows ~ ') as map_rows where coalesce('
            ~ columns | join(', ') ~ ') is not null and ('
            ~ columns | join(' is null or ') ~ ' is null) order by 1'
        ).columns[0].values() -%}
        {%- set contradictory = run_query(
            'select ' ~ place ~ ' as place from (' ~ rows ~ ') as map_rows group by '
            ~ columns[:3] | join(', ') ~ ' having count(distinct national_code) > 1 order by 1'
        ).columns[0].values() -%}
        {%- if incomplete -%}
            {%- do sosdata.stop(
                code_map.identifier ~ '.csv: the row "' ~ incomplete[0] ~ ',..." lacks a part' ~ sosdata.and_more(incomplete)
                ~ '. Fill it in or delete the row.'
            ) -%}
        {%- elif contradictory -%}
            {%- do sosdata.stop(
                code_map.identifier ~ '.csv: "' ~ contradictory[0] ~ '" leads to different national codes'
                ~ sosdata.and_more(contradictory) ~ '. Leave one row of them.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro and_more(places) -%}
    {{ ', and so do ' ~ (places | length - 1) ~ ' more' if places | length > 1 }}
{%- endmacro %}
