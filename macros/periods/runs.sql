{#- The day that all earlier intervals together reach tells where a run starts: a long interval may enclose the short ones
    after it. -#}
{% macro in_runs(intervals, keys, gap_days=0) -%}
    {%- set key_list = keys | join(', ') -%}
    {%- set bridged = sosdata.add_days('reached_on', gap_days) if gap_days else 'reached_on' -%}
    {%- set so_far = 'over (partition by ' ~ key_list ~ ' order by started_on range between unbounded preceding and current row)' -%}
    select
        *,
        max(case when reached_on is null or started_on > reached_on then started_on end) {{ so_far }} as run_started_on,
        max(case when reached_on is null or started_on > {{ bridged }} then started_on end) {{ so_far }} as period_started_on
    from (
        select
            *,
            max(coalesce(ended_on, {{ sosdata.open_end() }})) over (
                partition by {{ key_list }}
                order by started_on
                rows between unbounded preceding and 1 preceding
            ) as reached_on
        from {{ intervals }}
        where ended_on is null or ended_on >= started_on
    ) as reached
{%- endmacro %}

{% macro runs(in_runs, keys) -%}
    select
        {{ keys | join(', ') }},
        period_started_on,
        run_started_on,
        {{ sosdata.latest_end('ended_on') }} as run_ended_on
    from {{ in_runs }}
    group by {{ keys | join(', ') }}, period_started_on, run_started_on
{%- endmacro %}

{#- As they were seen on the last day of each follow-up period: what starts later is not there yet (P3, P4). -#}
{% macro periods_in_follow_up_periods(runs, keys) -%}
    select
        follow_up.follow_up_period,
        {%- for key in keys %}
        runs.{{ key }},
        {%- endfor %}
        runs.period_started_on as started_on,
        {{ sosdata.end_seen(sosdata.latest_end('runs.run_ended_on'), 'follow_up.ended_on') }} as ended_on
    from {{ runs }} as runs
    inner join {{ ref('int_follow_up_periods') }} as follow_up
        on {{ sosdata.overlaps('runs.run_started_on', 'runs.run_ended_on', 'follow_up.started_on', 'follow_up.ended_on') }}
    group by
        follow_up.follow_up_period,
        follow_up.ended_on,
        {%- for key in keys %}
        runs.{{ key }},
        {%- endfor %}
        runs.period_started_on
{%- endmacro %}

{#- Both days count; empty while the interval is open. -#}
{% macro days_of(started_on, ended_on) -%}
    cast({{ dbt.datediff(started_on, ended_on, 'day') }} + 1 as {{ dbt.type_int() }})
{%- endmacro %}

{#- An end after the last day of a follow-up period is not known yet on that day (P4). -#}
{% macro end_seen(ended_on, last_day) -%}
    case when {{ ended_on }} <= {{ last_day }} then {{ ended_on }} end
{%- endmacro %}
