{#- Before the marts had schemas of their own, they stood in the target's. A table that stands there under the name of one
    is not renewed any more. It may be somebody else's, which cannot be told: it is named, never dropped. -#}
{% macro tell_stale_marts(results) %}
    {%- set failed = results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'skipped', 'no-op']) | list -%}
    {%- if execute and invocation_args_dict.which in ['build', 'run'] and not failed -%}
        {%- set stale = sosdata.stale_marts() -%}
        {%- if stale -%}
            {%- do sosdata.tell(
                'Schema ' ~ target.schema ~ ' holds tables with the names of marts, which lie in other schemas now, and nothing '
                ~ 'renews these (' ~ stale | length ~ '): if an earlier version of this project made them, drop them.'
            ) -%}
        {%- endif -%}
        {%- for relation in stale -%}
            {%- do sosdata.tell('  drop table ' ~ relation ~ ';') -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{% macro stale_marts() %}
    {%- set own = target.schema | lower -%}
    {%- set made_here = [] -%}
    {%- for node in graph.nodes.values() if node.schema and node.schema | lower == own -%}
        {%- do made_here.append((node.alias or '') | lower) -%}
    {%- endfor -%}
    {%- for source in graph.sources.values() if source.schema | lower == own -%}
        {%- do made_here.append(source.identifier | lower) -%}
    {%- endfor -%}
    {%- set stale = [] -%}
    {%- for node in graph.nodes.values() | sort(attribute='name')
        if node.resource_type == 'model' and node.fqn[:2] == ['sosdata', 'marts'] and node.alias | lower not in made_here -%}
        {%- set found = adapter.get_relation(
            database=target.get('database'), schema=target.schema, identifier=node.alias
        ) -%}
        {%- if found is not none and found.type == 'table' -%}
            {%- do stale.append(found) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(stale) }}
{% endmacro %}
