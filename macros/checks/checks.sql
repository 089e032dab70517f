{#-
    A check is one line: (rule id, when it can be judged, when it is broken).
    Both columns are lists of rule ids parted by a space, so that one scan of the table serves all its checks.
-#}
{#- Rules that are judged under the same condition are listed together. -#}
{% macro judged_rules(checks) -%}
    {%- for is_judged, group in checks | groupby(1) %}
        case when {{ is_judged }} then '{{ group | map(attribute=0) | join(' ') }} ' else '' end
        {{- ' ||' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Few rows break a rule: the others are spared the making of the list. -#}
{% macro broken_rules(checks) -%}
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
    case when broken_rules <> '' or broken_warnings <> '' then {{ column }} end as {{ column }}
{%- endmacro %}
