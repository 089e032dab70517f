-- Which service tasks do persons have at the same time?
-- Grain: one row for each quarter that is over and pair of service tasks that a person had on its last day. Who has three tasks
-- is in three pairs. clients_of_task and clients_of_other are all clients of the two on that day.
-- Limits: tasks of different organisers are paired too. Family law is here, and a task's code may be provisional.
with

tasks_at_end as (
    select distinct
        quarters.follow_up_period,
        periods.person_key,
        periods.service_task_code,
        periods.service_task_name_en as service_task
    from {{ ref('analytics_service_task_periods_named') }} as periods
    inner join {{ ref('analytics_follow_up_periods') }} as quarters
        on {{ sosdata.overlaps('periods.started_on', 'periods.ended_on', 'quarters.ended_on', 'quarters.ended_on') }}
    where quarters.is_over
),

clients as (
    select
        follow_up_period,
        service_task_code,
        count(*) as clients
    from tasks_at_end
    group by follow_up_period, service_task_code
),

pairs as (
    select
        one.follow_up_period,
        one.service_task_code,
        one.service_task,
        other.service_task_code as other_task_code,
        other.service_task as other_task,
        count(*) as persons
    from tasks_at_end as one
    inner join tasks_at_end as other
        on
            other.follow_up_period = one.follow_up_period
            and other.person_key = one.person_key
            and {{ sosdata.in_code_point_order('other.service_task_code') }}
            > {{ sosdata.in_code_point_order('one.service_task_code') }}
    group by one.follow_up_period, one.service_task_code, one.service_task, other.service_task_code, other.service_task
)

select
    pairs.follow_up_period,
    pairs.service_task_code,
    pairs.service_task,
    pairs.other_task_code,
    pairs.other_task,
    pairs.persons,
    clients.clients as clients_of_task,
    other_clients.clients as clients_of_other
from pairs
inner join clients
    on
        clients.follow_up_period = pairs.follow_up_period
        and clients.service_task_code = pairs.service_task_code
inner join clients as other_clients
    on
        other_clients.follow_up_period = pairs.follow_up_period
        and other_clients.service_task_code = pairs.other_task_code
order by
    pairs.follow_up_period desc,
    pairs.persons desc,
    {{ sosdata.in_code_point_order('pairs.service_task_code') }},
    {{ sosdata.in_code_point_order('pairs.other_task_code') }}
