-- How many client relationships begin and end in each service task, quarter by quarter?
-- Grain: one row for each quarter that is over and service task with a period in it. going_on counts those that hold the
-- quarter's last day; a person who comes back within a quarter is counted for each period.
-- Limits: a start that is only known to lie before 2020 counts as one of 2020-01-01, so that 2020Q1 shows too many. Organisers
-- are counted together, family law is here (is_delivered), and a task's code may be provisional.
with

periods_in_quarters as (
    select
        quarters.follow_up_period,
        periods.service_task_code,
        periods.service_task_name_en as service_task,
        periods.is_delivered,
        case when periods.started_on >= quarters.started_on then 1 else 0 end as has_started,
        case when periods.ended_on <= quarters.ended_on then 1 else 0 end as has_ended,
        case when coalesce(periods.ended_on, quarters.ended_on) >= quarters.ended_on then 1 else 0 end as is_going_on
    from {{ ref('analytics_service_task_periods_named') }} as periods
    inner join {{ ref('analytics_follow_up_periods') }} as quarters
        on {{ sosdata.overlaps('periods.started_on', 'periods.ended_on', 'quarters.started_on', 'quarters.ended_on') }}
    where quarters.is_over
)

select
    follow_up_period,
    service_task_code,
    service_task,
    is_delivered,
    sum(has_started) as started,
    sum(has_ended) as ended,
    sum(is_going_on) as going_on
from periods_in_quarters
group by follow_up_period, service_task_code, service_task, is_delivered
order by follow_up_period desc, {{ sosdata.in_code_point_order('service_task_code') }}
