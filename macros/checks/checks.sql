{#-
    A check is one line: (rule id, when it can be judged, when it is broken), both plain conditions on columns of the model.
    A row carries the ids of its rules in two lists, so that one scan of a table serves all its checks.
-#}
{#- Errors are judged on every row. -#}
{% macro judged(rows, errors, table) -%}
    {%- set own = sosdata.has_own_rules() -%}
    select
        *,
        broken_errors = '' as is_accepted,
        broken_errors = '' and is_in_scope as is_used
    from (
        select
            *,
            {{ sosdata.judged_list(errors) }}{{ ' || own_judged_errors' if own }} as judged_errors,
            {{ sosdata.broken_list(errors) }}{{ ' || own_broken_errors' if own }} as broken_errors
        from {% if own %}({{ sosdata.with_own_rules(rows, table) }}) as with_own_rules{% else %}{{ rows }}{% endif %}
    ) as judged_rows
{%- endmacro %}

{#- Warnings are judged on rows that are used alone (R1). -#}
{% macro warned(rows, warnings) -%}
    {%- set own = sosdata.has_own_rules() -%}
    {%- set judged_list = sosdata.judged_list(warnings) ~ (' || own_judged_warnings' if own else '') -%}
    {%- set broken_list = sosdata.broken_list(warnings) ~ (' || own_broken_warnings' if own else '') -%}
    select
        *,
        judged_errors || case when is_used then {{ judged_list }} else '' end as judged_rules,
        broken_errors || case when is_used then {{ broken_list }} else '' end as broken_rules
    from {{ rows }}
{%- endmacro %}

{#- Neighbours that are judged under the same condition are listed together. -#}
{% macro judged_list(checks) -%}
    {%- set groups = [] -%}
    {%- for rule_id, is_judged, is_broken in checks -%}
        {%- if groups and groups[-1][0] == is_judged -%}
            {%- do groups[-1][1].append(rule_id) -%}
        {%- else -%}
            {%- do groups.append((is_judged, [rule_id])) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for is_judged, rule_ids in groups %}
        case when {{ is_judged }} then '{{ rule_ids | join(' ') }} ' else '' end
        {{- ' ||' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Few rows break a rule: the others are spared the making of the list. -#}
{% macro broken_list(checks) -%}
    case
        when
            {%- for rule_id, is_judged, is_broken in checks %}
            {{ 'or ' if not loop.first }}(({{ is_judged }}) and ({{ is_broken }}))
            {%- endfor %}
            then
                {%- for rule_id, is_judged, is_broken in checks %}
                case when ({{ is_judged }}) and ({{ is_broken }}) then '{{ rule_id }} ' else '' end
                {{- ' ||' if not loop.last }}
                {%- endfor %}
        else ''
    end
{%- endmacro %}

{#- Only the list of violations asks what stood in the source; rows that are in none of it need not carry it along. -#}
{% macro where_broken(column) -%}
    case when broken_rules <> '' then {{ column }} end as {{ column }}
{%- endmacro %}
