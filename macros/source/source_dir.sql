{#- The folder of the extract: a name, never a pattern. -#}
{% macro source_dir() %}
    {%- set folder = env_var('SOSDATA_SOURCE_DIR', env_var('SOSDATA_DEMO_DIR', 'demo') ~ '/extract') -%}
    {%- if sosdata.tables_of_models() and env_var('SOSDATA_SOURCE_DIR', '(not set)') == '(not set)' -%}
        {%- do sosdata.stop(
            'no model is named for ' ~ sosdata.tables_brought() | join(', ') ~ ': set source_model_' ~ sosdata.tables_brought()[0]
            ~ ' too, or SOSDATA_SOURCE_DIR to the folder of their files.'
        ) -%}
    {%- endif -%}
    {%- if not folder.strip() -%}
        {%- do sosdata.stop(
            'SOSDATA_SOURCE_DIR is set but empty. Set it to the folder of the extract, or unset it to build the demo.'
        ) -%}
    {%- endif -%}
    {{ return(folder) }}
{% endmacro %}

{#- DuckDB takes a path for a pattern, a leading ~ for the home folder and s3: or file: for another place. Its patterns do
    not go through folders with a backslash; there a path that fits nothing is taken as it stands. -#}
{% macro path_literal(path, ending='') %}
    {%- set ns = namespace(path=path) -%}
    {%- if '\\' not in path -%}
        {%- for character in '[*?' -%}
            {%- set ns.path = ns.path.replace(character, '\x00' ~ character ~ ']') -%}
        {%- endfor -%}
        {%- set ns.path = ns.path.replace('\x00', '[') -%}
    {%- endif -%}
    {%- if not ns.path.startswith('/') and ns.path[1:2] != ':' -%}
        {%- set ns.path = './' ~ ns.path -%}
    {%- endif -%}
    {{ return(dbt.string_literal(dbt.escape_single_quotes(ns.path ~ ending))) }}
{% endmacro %}

{#- What lies in the folder of the extract: names, and whether each is a folder. -#}
{% macro source_entries(folder) %}
    {%- set entries = {} -%}
    {%- set asked = [] -%}
    {%- for table in sosdata.source_contract() -%}
        {%- do asked.append(sosdata.path_literal(folder ~ '/' ~ table ~ '.csv')) -%}
        {%- do asked.append(sosdata.path_literal(folder ~ '/' ~ table ~ '.parquet')) -%}
    {%- endfor -%}
    {%- set can_be_listed = '\\' not in folder and not folder.startswith('~') -%}
    {%- set files = asked + ([sosdata.path_literal(folder, '/*')] if can_be_listed else []) -%}
    {%- set folders = [sosdata.path_literal(folder, '/*/')] if can_be_listed else ["''"] -%}
    {%- for row in run_query(
        'select file, false as is_folder from glob([' ~ files | join(', ') ~ '])'
        ~ ' union all select file, true from glob([' ~ folders | join(', ') ~ '])'
    ).rows -%}
        {%- do entries.update({row['file'].rstrip('/').split('/')[-1]: row['is_folder']}) -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}

{% macro stop_on_missing_folder(folder, entries) %}
    {%- if not entries -%}
        {%- set place = 'the demo extract ' ~ folder if env_var('SOSDATA_SOURCE_DIR', '') == '' else
            'the folder ' ~ folder ~ ' (SOSDATA_SOURCE_DIR)' -%}
        {%- set mend = ' Run `make demo`, or set SOSDATA_SOURCE_DIR to the folder of the extract.'
            if env_var('SOSDATA_SOURCE_DIR', '') == '' else ' Set it to the folder of the extract.' -%}
        {%- if run_query('select 1 from glob(' ~ sosdata.path_literal(folder.rstrip('/') or '/') ~ ')') | length -%}
            {%- do sosdata.stop(place ~ ' is a file, not a folder.' ~ mend) -%}
        {%- endif -%}
        {%- do sosdata.stop(place ~ ' does not exist, is empty or may not be read.' ~ mend) -%}
    {%- endif -%}
{% endmacro %}

{#- Whether DuckDB can run a statement. Jinja cannot catch the error of an engine, and what dbt would show of it may quote the
    extract. This method of dbt-duckdb catches it: it runs select 1 from '<location>' where 1=0, with the statement in it. -#}
{% macro engine_can(statement) %}
    {{ return(adapter.location_exists("duckdb_views'; " ~ statement ~ "; select 1 from 'duckdb_views")) }}
{% endmacro %}

{#- The same for a query, all of which is run. -#}
{% macro engine_can_read(query) %}
    {%- set can = sosdata.engine_can('create or replace temp table could_be_read as ' ~ query) -%}
    {%- do run_query('drop table if exists could_be_read') -%}
    {{ return(can) }}
{% endmacro %}
