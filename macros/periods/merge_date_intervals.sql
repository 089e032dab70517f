{% macro merge_date_intervals(relation, keys, gap_days=0) -%}
    {%- set key_list = keys | join(', ') -%}
    {%- set bridged = sosdata.add_days('reached_on', gap_days) if gap_days else 'reached_on' %}
    with

    intervals as (
        select
            {{ key_list }},
            started_on,
            coalesce(ended_on, cast('9999-12-31' as date)) as ended_on
        from {{ relation }}
        where ended_on is null or ended_on >= started_on
    ),

    -- The day that all earlier intervals together reach: a long one may enclose the short ones after it.
    reached as (
        select
            {{ key_list }},
            started_on,
            max(ended_on) over (
                partition by {{ key_list }}
                order by started_on
                rows between unbounded preceding and 1 preceding
            ) as reached_on,
            max(ended_on) over (partition by {{ key_list }}) as last_ended_on
        from intervals
    ),

    run_starts as (
        select
            {{ key_list }},
            started_on,
            reached_on,
            last_ended_on,
            case when reached_on is null or started_on > {{ bridged }} then started_on end as period_started_on
        from reached
        where reached_on is null or started_on > reached_on
    ),

    runs as (
        select
            {{ key_list }},
            max(period_started_on) over (
                partition by {{ key_list }}
                order by started_on
                rows between unbounded preceding and current row
            ) as period_started_on,
            started_on,
            coalesce(
                lead(reached_on) over (partition by {{ key_list }} order by started_on), last_ended_on
            ) as ended_on
        from run_starts
    )

    select
        {{ key_list }},
        period_started_on,
        started_on,
        nullif(ended_on, cast('9999-12-31' as date)) as ended_on
    from runs
{%- endmacro %}

{#- The periods of one follow-up period as they were seen on its last day: what starts later is not there yet (P3, P4). -#}
{% macro periods_in_follow_up_periods(runs, keys) -%}
    select
        follow_up.follow_up_period,
        {%- for key in keys %}
        runs.{{ key }},
        {%- endfor %}
        runs.period_started_on as started_on,
        case
            when max(coalesce(runs.ended_on, cast('9999-12-31' as date))) <= follow_up.ended_on then max(runs.ended_on)
        end as ended_on
    from {{ runs }} as runs
    inner join {{ ref('int_follow_up_periods') }} as follow_up
        on
            runs.started_on <= follow_up.ended_on
            and (runs.ended_on is null or runs.ended_on >= follow_up.started_on)
    group by
        follow_up.follow_up_period,
        follow_up.ended_on,
        {%- for key in keys %}
        runs.{{ key }},
        {%- endfor %}
        runs.period_started_on
{%- endmacro %}

{#- The one meaning of overlap everywhere (P3): both days count, an empty end is open. -#}
{% macro overlaps(started_on, ended_on, other_started_on, other_ended_on) -%}
    ({{ other_ended_on }} is null or {{ started_on }} <= {{ other_ended_on }})
    and ({{ ended_on }} is null or {{ ended_on }} >= {{ other_started_on }})
{%- endmacro %}
