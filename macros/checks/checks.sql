{#-
    A check is one line: (rule id, when it can be judged, when it is broken).
    Both columns are lists of rule ids parted by a space, so that one scan of the table serves all its checks.
-#}
{% macro judged_rules(checks) -%}
    {%- for rule_id, is_judged, is_broken in checks %}
        case when {{ is_judged }} then '{{ rule_id }} ' else '' end
        {{- ' ||' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro broken_rules(checks) -%}
    {%- for rule_id, is_judged, is_broken in checks %}
        case when ({{ is_judged }}) and ({{ is_broken }}) then '{{ rule_id }} ' else '' end
        {{- ' ||' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Complete keys that stand on rows that differ; rows alike in every column were taken together before (R1). -#}
{% macro repeated_ids(rows, id) -%}
    select
        source_system,
        {{ id }}
    from {{ rows }}
    where source_system is not null and {{ id }} is not null
    group by source_system, {{ id }}
    having count(*) > 1
{%- endmacro %}
