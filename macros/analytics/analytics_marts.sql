{#- Without a key the marts have no rows; what is left of them, or of an earlier build with a key, goes at the end (A2). -#}
{% macro leave_out_analytics() %}
    {%- if execute and invocation_args_dict.which in ['build', 'run'] and not sosdata.has_pseudonym_key() -%}
        {%- set statements = [] -%}
        {%- for node in sosdata.analytics_marts() | sort(attribute='config.materialized', reverse=true) -%}
            {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
            {%- if relation is not none -%}
                {%- do statements.append('drop ' ~ relation.type ~ ' if exists ' ~ relation) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do sosdata.run_and_commit(statements) -%}
        {%- do sosdata.tell(
            'The analysts\' marts are left out: SOSDATA_PSEUDONYM_SALT is not set (docs/analytics.md).'
        ) -%}
    {%- endif -%}
{% endmacro %}

{% macro analytics_marts() %}
    {%- set marts = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.fqn[:3] == ['sosdata', 'marts', 'analytics'] -%}
        {%- do marts.append(node) -%}
    {%- endfor -%}
    {{ return(marts) }}
{% endmacro %}

{#- The lists whose names the marts have: this project's, or a county's in their place. -#}
{% macro analytics_code_lists() %}
    {%- set lists = [] -%}
    {%- for model in ['int_codes', 'int_code_names'] -%}
        {%- for id in graph.nodes['model.sosdata.' ~ model].depends_on.nodes if id.split('.')[2].startswith('codes_') -%}
            {%- do lists.append(graph.nodes[id]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(lists) }}
{% endmacro %}

{#- The rows of an analysts' mart, or none where they were left out: tests may run after a build without a key. -#}
{% macro rows_or_none(model, columns) -%}
    {%- if execute and sosdata.is_left_out(model) -%}
        (
            select
                {%- for column in columns %}
                null as {{ column }}{{ ',' if not loop.last }}
                {%- endfor %}
            where false
        )
    {%- else -%}
        {{ model }}
    {%- endif -%}
{%- endmacro %}

{% macro is_left_out(model) %}
    {%- set names = [] -%}
    {%- for node in sosdata.analytics_marts() if not sosdata.has_pseudonym_key() -%}
        {%- do names.append(node.relation_name) -%}
    {%- endfor -%}
    {{ return(
        model ~ '' in names
        and adapter.get_relation(model.database, model.schema, model.identifier) is none
    ) }}
{% endmacro %}

{% macro analytics_readers() %}
    {%- set roles = sosdata.setting_as_list('analytics_readers') -%}
    {%- if roles and target.type == 'duckdb' -%}
        {{ exceptions.raise_compiler_error(
            'analytics_readers: DuckDB knows no roles. Leave the setting out, and give readers the file analytics.duckdb.'
        ) }}
    {%- endif -%}
    {%- if '' in roles -%}
        {{ exceptions.raise_compiler_error('analytics_readers: a role has no name. Name the roles that may read the marts.') }}
    {%- endif -%}
    {{ return(roles) }}
{% endmacro %}

{% macro quoted_roles() %}
    {%- set quoted = [] -%}
    {%- for role in sosdata.analytics_readers() -%}
        {%- do quoted.append(adapter.quote(role)) -%}
    {%- endfor -%}
    {{ return(quoted | join(', ')) }}
{% endmacro %}

{#- At each mart, so that nobody waits for the end of the build. -#}
{% macro grant_to_analytics_readers(relation) %}
    {%- if execute and sosdata.analytics_readers() -%}
        grant select on {{ relation }} to {{ sosdata.quoted_roles() }}
    {%- endif -%}
{% endmacro %}

{#- Code lists may be a county's own, which hooks of this project do not see. Schemas once and not at each mart: two that
    grant on one schema at a time stop each other on PostgreSQL. -#}
{% macro grant_lists_and_schemas_to_analytics_readers() %}
    {%- if execute and invocation_args_dict.which in ['build', 'run', 'seed'] and sosdata.analytics_readers() -%}
        {%- set schemas = [] -%}
        {%- for node in sosdata.analytics_marts() + sosdata.analytics_code_lists()
            if adapter.check_schema_exists(node.database, node.schema) -%}
            {%- do schemas.append(node.schema) -%}
        {%- endfor -%}
        {%- set statements = [] -%}
        {%- for schema in schemas | unique -%}
            {%- do statements.append('grant usage on schema ' ~ adapter.quote(schema) ~ ' to ' ~ sosdata.quoted_roles()) -%}
        {%- endfor -%}
        {%- for node in sosdata.analytics_code_lists() -%}
            {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
            {%- if relation is not none -%}
                {%- do statements.append(sosdata.grant_to_analytics_readers(relation)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do sosdata.run_and_commit(statements) -%}
    {%- endif -%}
{% endmacro %}
