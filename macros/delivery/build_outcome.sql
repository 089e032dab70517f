{#- Files are only written of a build that ran whole and passed: a stopped one leaves no outcome behind. -#}
{% macro forget_outcome() %}
    {%- if execute and sosdata.changes_relations() -%}
        {%- set relation = sosdata.outcome_relation() -%}
        {#- No model need stand in the target's own schema. -#}
        {%- if not adapter.check_schema_exists(relation.database, relation.schema) -%}
            {%- do adapter.create_schema(relation) -%}
        {%- endif -%}
        {%- do sosdata.run_and_commit('drop table if exists ' ~ relation) -%}
    {%- endif -%}
{% endmacro %}

{% macro record_outcome(results) %}
    {%- if execute and sosdata.changes_relations() -%}
        {%- do sosdata.run_and_commit(
            'create table ' ~ sosdata.outcome_relation() ~ ' as select '
            ~ (sosdata.is_whole_build(results) | lower) ~ ' as is_whole, '
            ~ sosdata.count_failed(results) ~ ' as nodes_failed, '
            ~ (sosdata.is_demo() | lower) ~ ' as is_demo, '
            ~ sosdata.text_or_empty(sosdata.source_in_words()) ~ ' as source, '
            ~ sosdata.text_or_empty(sosdata.day_of_extract()) ~ ' as extracted_on, '
            ~ sosdata.text_or_empty((var('organiser_code') or '') ~ '') ~ ' as organiser_code'
        ) -%}
    {%- endif -%}
{% endmacro %}

{% macro count_failed(results) %}
    {%- set fine = ['success', 'pass', 'warn', 'no-op'] -%}
    {{ return(results | map(attribute='status') | reject('in', fine) | list | length) }}
{% endmacro %}

{#- The options alone do not tell: a default selector or a choice of resource types leaves nodes out too. Unit tests
    say nothing about the data, so a build may go without them. -#}
{% macro is_whole_build(results) %}
    {%- set args = invocation_args_dict -%}
    {%- set ran = results | map(attribute='node.unique_id') | list -%}
    {%- set left_out = [] -%}
    {%- for id, node in graph.nodes.items() if node.resource_type in ['model', 'seed', 'test'] -%}
        {%- if id not in ran and node.config.materialized != 'ephemeral' -%}
            {%- do left_out.append(id) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(
        args.which == 'build' and not left_out
        and not args.select and not args.exclude and not args.selector and not args.empty
    ) }}
{% endmacro %}

{#- Hooks share one connection, and what any of them left in an open transaction is rolled back after the last. -#}
{% macro run_and_commit(statements) %}
    {%- for sql in ([statements] if statements is string else statements) -%}
        {%- call statement(auto_begin=true) -%}{{ sql }}{%- endcall -%}
    {%- endfor -%}
    {#- With nothing to run, there is no transaction either. -#}
    {%- if statements -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{% endmacro %}

{% macro changes_relations() %}
    {{ return(invocation_args_dict.which in ['build', 'run', 'seed', 'test']) }}
{% endmacro %}

{% macro outcome_relation() %}
    {{ return(api.Relation.create(database=target.get('database'), schema=target.schema, identifier='build_outcome')) }}
{% endmacro %}

{#- Where the rows came from, for people. -#}
{% macro source_in_words() %}
    {%- set places = [] -%}
    {%- if sosdata.tables_of_models() -%}
        {%- do places.append('models of ' ~ project_name) -%}
    {%- endif -%}
    {%- if sosdata.extract_is_files() -%}
        {%- do places.append(sosdata.source_dir()) -%}
    {%- elif sosdata.tables_brought() -%}
        {%- do places.append('the tables of ' ~ sosdata.source_schema()) -%}
    {%- endif -%}
    {{ return(places | join(' and ')) }}
{% endmacro %}

{% macro text_or_empty(value) %}
    {{ return('cast(' ~ sosdata.text_literal(value.strip()) ~ ' as ' ~ dbt.type_string() ~ ')') }}
{% endmacro %}

{% macro text_literal(value) %}
    {{ return(adapter.dispatch('text_literal', 'sosdata')(value)) }}
{% endmacro %}

{% macro default__text_literal(value) %}
    {{ return(dbt.string_literal(dbt.escape_single_quotes(value))) }}
{% endmacro %}

{% macro spark__text_literal(value) %}
    {{ return(sosdata.spark_literal(value)) }}
{% endmacro %}
