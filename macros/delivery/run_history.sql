{#- The tables of the history are sources, described in _history__sources.yml, and made of that: dbt drops and rebuilds what
    is a model, whatever it holds. -#}
{% macro history_tables() %}
    {%- set tables = {} -%}
    {%- for source in graph.sources.values() if source.package_name == 'sosdata' and source.source_name == 'history' -%}
        {%- set columns = {} -%}
        {%- for column in source.columns.values() -%}
            {%- do columns.update({
                column.name: sosdata.moment_type() if column.data_type == 'timestamp'
                else api.Column.translate_type(column.data_type)
            }) -%}
        {%- endfor -%}
        {%- do tables.update({source.name: {
            'columns': columns,
            'relation': api.Relation.create(
                database=target.get('database'), schema=source.schema, identifier=source.identifier
            ),
        }}) -%}
    {%- endfor -%}
    {{ return(tables) }}
{% endmacro %}

{#- Columns are only ever added: what an older version wrote stays, and is empty in them. -#}
{% macro make_history() %}
    {%- if execute and sosdata.changes_relations() -%}
        {%- for table in sosdata.history_tables().values() -%}
            {%- set relation = table.relation -%}
            {%- if loop.first and not adapter.check_schema_exists(relation.database, relation.schema) -%}
                {%- do adapter.create_schema(relation) -%}
            {%- endif -%}
            {%- set columns = [] -%}
            {%- for column, type in table.columns.items() -%}
                {%- do columns.append(column ~ ' ' ~ type) -%}
            {%- endfor -%}
            {%- do sosdata.run_and_commit(
                'create table if not exists ' ~ relation ~ ' (' ~ columns | join(', ') ~ ')'
            ) -%}
            {%- set there = sosdata.source_columns(relation) | map(attribute='name') | map('lower') | list -%}
            {%- for column, type in table.columns.items() if column not in there -%}
                {%- do sosdata.run_and_commit('alter table ' ~ relation ~ ' add column ' ~ column ~ ' ' ~ type) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- Counts of a relation that this build did not make would be those of an earlier one. The run itself comes last: where an
    engine has no transactions, no run lacks its counts. -#}
{% macro record_run(results) %}
    {%- if execute and sosdata.changes_relations() and sosdata.is_whole_build(results) -%}
        {%- set run_id = sosdata.text_or_empty(invocation_id) -%}
        {%- set made = results | selectattr('status', 'equalto', 'success') | map(attribute='node.name') | list -%}
        {%- set statements = [] -%}
        {%- if 'quality_reconciliation' in made -%}
            {%- set counts = {'run_id': run_id} -%}
            {%- for column in [
                'source_table', 'source_system', 'rows_in', 'rows_used', 'rows_rejected', 'rows_out_of_scope', 'rows_duplicate'
            ] -%}
                {%- do counts.update({column: column}) -%}
            {%- endfor -%}
            {%- do statements.append(sosdata.insert_into_history(
                'run_history_rows', counts, 'from ' ~ sosdata.built_relation('quality_reconciliation')
            )) -%}
        {%- endif -%}
        {%- for section in sosdata.delivery_sections()
            if section[0] in sosdata.sections() and section[1] in made and 'delivery_periods' in made -%}
            {%- do statements.append(sosdata.insert_into_history(
                'run_history_deliveries',
                {
                    'run_id': run_id,
                    'follow_up_period': 'periods.follow_up_period',
                    'section': "'" ~ section[0] ~ "'",
                    'rows_delivered': 'coalesce(counted.rows_delivered, 0)',
                },
                'from ' ~ sosdata.built_relation('delivery_periods') ~ ' as periods left join ('
                ~ 'select follow_up_period, count(*) as rows_delivered from ' ~ sosdata.built_relation(section[1])
                ~ ' group by follow_up_period) as counted on counted.follow_up_period = periods.follow_up_period'
            )) -%}
        {%- endfor -%}
        {%- set started_at = run_started_at.astimezone(modules.pytz.utc) -%}
        {%- set seconds = (modules.datetime.datetime.now(modules.pytz.utc) - started_at).total_seconds() -%}
        {%- set failed = sosdata.count_failed(results) -%}
        {%- do statements.append(sosdata.insert_into_history('run_history', {
            'run_id': run_id,
            'started_at': "cast('" ~ started_at.strftime('%Y-%m-%d %H:%M:%S') ~ "' as " ~ sosdata.moment_type() ~ ')',
            'seconds': seconds | round | int,
            'source': sosdata.text_or_empty(sosdata.source_in_words()),
            'extracted_on': sosdata.extracted_on(),
            'organiser_code': sosdata.text_or_empty((var('organiser_code') or '') ~ ''),
            'settings': sosdata.text_or_empty(tojson(sosdata.settings_in_effect())),
            'project_version': sosdata.text_or_empty(sosdata.project_version()),
            'code_version': sosdata.text_or_empty(env_var('SOSDATA_CODE_VERSION', '')),
            'is_demo': sosdata.is_demo() | lower,
            'passed': (failed == 0) | lower,
            'nodes_failed': failed,
        })) -%}
        {%- do sosdata.run_and_commit(statements) -%}
    {%- endif -%}
{% endmacro %}

{% macro insert_into_history(name, columns, rest='') %}
    {{ return(
        'insert into ' ~ sosdata.history_tables()[name].relation ~ ' (' ~ columns | join(', ') ~ ') select '
        ~ columns.values() | join(', ') ~ ' ' ~ rest
    ) }}
{% endmacro %}

{#- That of dbt_project.yml, which dbt does not tell. -#}
{% macro project_version() %}
    {{ return('0.1.0') }}
{% endmacro %}
