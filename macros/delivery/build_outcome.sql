{#- Files are only written of a build that ran whole and passed: a stopped one leaves no outcome behind. -#}
{% macro forget_outcome() %}
    {%- if execute and sosdata.changes_relations() -%}
        {%- do run_query('drop table if exists ' ~ sosdata.outcome_relation()) -%}
    {%- endif -%}
{% endmacro %}

{% macro record_outcome(results) %}
    {%- if execute and sosdata.changes_relations() -%}
        {%- set failed = [] -%}
        {%- for result in results if result.status | string not in ['success', 'pass', 'warn', 'no-op'] -%}
            {%- do failed.append(result.node.name) -%}
        {%- endfor -%}
        {%- set args = invocation_args_dict -%}
        {%- set is_whole = args.which == 'build' and not args.select and not args.exclude -%}
        {%- do run_query(
            'create table ' ~ sosdata.outcome_relation() ~ ' as select '
            ~ (is_whole | lower) ~ ' as is_whole, ' ~ failed | length ~ ' as nodes_failed'
        ) -%}
    {%- endif -%}
{% endmacro %}

{% macro changes_relations() %}
    {{ return(invocation_args_dict.which in ['build', 'run', 'seed', 'test']) }}
{% endmacro %}

{% macro outcome_relation() %}
    {{ return(target.schema ~ '.build_outcome') }}
{% endmacro %}
