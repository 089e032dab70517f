{#- Only a change between open and closed begins or ends a period. What cannot be judged becomes a row of its own whose start
    says why: the build lists it as unreadable, and the other periods of the key are as if it were not there. -#}
{% macro status_periods(relation, keys, day, status, opens, closes, order_by, keeps=[]) -%}
    {%- do sosdata.stop_on_wrong_statuses(opens, closes, keeps) -%}
    {%- set key_list = keys | join(', ') -%}
    {%- set places = [] -%}
    {%- for column in order_by -%}
        {%- do places.append('place_' ~ loop.index) -%}
    {%- endfor -%}
    {%- set in_order -%}
        (partition by {{ key_list }}, effect = 'told' order by {{ places | join(', ') }}, effect, status)
    {%- endset -%}
    select
        {{ key_list }},
        row_number() over (
            partition by {{ key_list }}
            order by
                case when effect = 'told' then 1 else 0 end,
                coalesce(reason, ''),
                {{ sosdata.in_code_point_order("case when effect = 'told' then coalesce(status, '') else '' end") }},
                {{ places | join(', ') }},
                effect,
                status
        ) as period_number,
        case effect
            when 'opens' then day
            when 'told' then reason || coalesce(status, '')
        end as opened_on,
        case effect
            when 'opens' then next_day
            when 'closes' then day
        end as closed_on
    from (
        select
            *,
            lead(day) over {{ in_order }} as next_day
        from (
            select
                *,
                lag(effect) over {{ in_order }} as effect_before
            from (
                select
                    *,
                    case
                        when reason is not null then 'told'
                        when status in ({{ sosdata.status_list(opens) }}) then 'opens'
                        when status in ({{ sosdata.status_list(closes) }}) then 'closes'
                    end as effect
                from (
                    select
                        *,
                        case
                            when day is null {%- for place in places %} or {{ place }} is null {%- endfor %}
                                then 'change without a day or a place: '
                            when status in ({{ sosdata.status_list(opens + closes + keeps) }}) then null
                            else 'status in no list: '
                        end as reason
                    from (
                        select
                            {{ key_list }},
                            {{ sosdata.trimmed(day) }} as day,
                            {{ sosdata.trimmed(status) }} as status,
                            {%- for column in order_by %}
                            {{ column }} as place_{{ loop.index }}{{ ',' if not loop.last }}
                            {%- endfor %}
                        from {{ relation }}
                    ) as changes
                ) as changes_with_reason
            ) as changes_with_effect
            where effect is not null
        ) as changes_in_order
        where effect = 'told' or effect_before is null or effect <> effect_before
    ) as changes_of_state
    where effect in ('told', 'opens') or effect_before is null
{%- endmacro %}

{% macro status_list(statuses) -%}
    {%- for status in statuses -%}
        {{ dbt.string_literal(dbt.escape_single_quotes(status ~ '')) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro stop_on_wrong_statuses(opens, closes, keeps) %}
    {%- set lists = {'opens': opens, 'closes': closes, 'keeps': keeps} -%}
    {%- for name, statuses in lists.items() if statuses is string or statuses is not sequence -%}
        {%- do sosdata.stop('status_periods: ' ~ name ~ ' must be a list of statuses.') -%}
    {%- endfor -%}
    {%- for name in ['opens', 'closes'] if not lists[name] -%}
        {%- do sosdata.stop('status_periods: ' ~ name ~ ' is empty. Say which statuses do so.') -%}
    {%- endfor -%}
    {%- set seen = {} -%}
    {%- for name, statuses in lists.items() -%}
        {%- for status in statuses | map('string') | unique -%}
            {%- if status in seen -%}
                {%- do sosdata.stop(
                    "status_periods: the status '" ~ status ~ "' stands in " ~ seen[status] ~ ' and in ' ~ name
                    ~ '. Leave it in one of them.'
                ) -%}
            {%- endif -%}
            {%- do seen.update({status: name}) -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
