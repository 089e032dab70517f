{#- The delivery record: described in _record__sources.yml, written by commands, read by builds. -#}
{% macro record_tables() %}
    {%- set tables = {} -%}
    {%- for source in graph.get('sources', {}).values() if source.package_name == 'sosdata' and source.source_name == 'record' -%}
        {%- set columns = {} -%}
        {%- for column in source.columns.values() -%}
            {%- do columns.update({
                column.name: sosdata.moment_type() if column.data_type == 'timestamp'
                else api.Column.translate_type(column.data_type)
            }) -%}
        {%- endfor -%}
        {%- do tables.update({source.name: columns}) -%}
    {%- endfor -%}
    {{ return(tables) }}
{% endmacro %}

{#- A table of the record that is missing has no rows, and a column that an older version did not have no values. -#}
{% macro record_rows(name, left_out=[]) %}
    {%- set relation = source('record', name) -%}
    {%- set there = [] -%}
    {%- if execute -%}
        {%- set found = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
        {%- if found is not none -%}
            {%- do there.extend(sosdata.source_columns(found) | map(attribute='name') | map('lower')) -%}
        {%- endif -%}
    {%- endif -%}
    select
        {%- for column, type in sosdata.record_tables().get(name, {}).items() if column not in left_out %}
        {{ column if column in there else 'cast(null as ' ~ type ~ ') as ' ~ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    {{ 'from ' ~ relation if there else 'where 1 = 0' }}
{%- endmacro %}

{#- The demo's lies with the demo, whatever is set for real builds (C6). -#}
{% macro record_path() %}
    {%- if sosdata.is_demo() -%}
        {{ return(env_var('SOSDATA_DEMO_DIR', 'demo') ~ '/delivery_record.duckdb') }}
    {%- endif -%}
    {%- set path = env_var('SOSDATA_RECORD_PATH', 'delivery_record.duckdb') -%}
    {%- if not path.strip() -%}
        {%- do sosdata.stop('SOSDATA_RECORD_PATH is set but empty: name a file, or unset it.') -%}
    {%- endif -%}
    {{ return(path) }}
{% endmacro %}

{#- On the embedded engine the record is a file of its own. What models read of it is copied, and the file let go at once,
    so that neither a build nor whoever reads its database holds up a freeze. -#}
{% macro load_record() %}
    {%- if execute and sosdata.changes_relations() and target.type == 'duckdb' -%}
        {%- do run_query('drop schema if exists loaded_record cascade') -%}
        {%- do run_query('create schema loaded_record') -%}
        {%- for name, columns in sosdata.record_tables().items() -%}
            {%- set typed = [] -%}
            {%- for column, type in columns.items() -%}
                {%- do typed.append(column ~ ' ' ~ type) -%}
            {%- endfor -%}
            {%- do run_query('create table loaded_record.' ~ name ~ ' (' ~ typed | join(', ') ~ ')') -%}
        {%- endfor -%}
        {%- set path = sosdata.record_path() -%}
        {%- if run_query('select 1 from glob(' ~ sosdata.path_literal(path) ~ ')') | length -%}
            {%- set place = dbt.string_literal(dbt.escape_single_quotes(path if path.startswith('/') else './' ~ path)) -%}
            {%- if not sosdata.engine_can('attach ' ~ place ~ ' as delivery_record_file (read_only)') -%}
                {%- do sosdata.stop(
                    'the delivery record ' ~ path ~ ' cannot be read: close the program that has it open and build again, or look '
                    ~ 'whether this account may read it and whether it is the file that SOSDATA_RECORD_PATH should name.'
                ) -%}
            {%- endif -%}
            {%- do sosdata.copy_record() -%}
            {%- do run_query('detach delivery_record_file') -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{#- The manifests and files stay where they are, and of the rows come those of each period's latest version. -#}
{% macro copy_record() %}
    {%- set there = {} -%}
    {%- for row in run_query(
        "select table_name, column_name from duckdb_columns() where database_name = 'delivery_record_file'"
    ).rows -%}
        {%- do there.setdefault(row['table_name'], []).append(row['column_name']) -%}
    {%- endfor -%}
    {%- set latest -%}
        (
            select arg_min(freeze_id, (-version, freeze_id)) as freeze_id
            from delivery_record_file.deliveries
            group by follow_up_period
        )
    {%- endset -%}
    {%- for name, columns in sosdata.record_tables().items() if name in there and name != 'delivered_files' -%}
        {%- set columns = columns.keys() | select('in', there[name]) | reject('equalto', 'manifest') | join(', ') -%}
        {%- do run_query(
            'insert into loaded_record.' ~ name ~ ' (' ~ columns ~ ') select ' ~ columns ~ ' from delivery_record_file.' ~ name
            ~ (' where freeze_id in ' ~ latest if name.startswith('delivered_') else '')
        ) -%}
    {%- endfor -%}
{% endmacro %}

{#- Where nothing that a build makes, replaces or reads may stand. -#}
{% macro stop_on_wrong_record_schema() %}
    {%- set given = ((var('record_schema') or '') ~ '').strip() | lower -%}
    {%- set taken = [target.schema, target.schema ~ '_history', var('source_schema') or ''] -%}
    {%- for node in graph.get('nodes', {}).values() -%}
        {%- do taken.append(node.schema or '') -%}
    {%- endfor -%}
    {%- if given and given in taken | map('lower') -%}
        {%- do sosdata.stop(
            "record_schema: '" ~ given ~ "' is a schema of the build or of its sources. Name one for the delivery record alone."
        ) -%}
    {%- endif -%}
{% endmacro %}
