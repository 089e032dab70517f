-- How many clients does each service task have, by age, and how does that change from quarter to quarter?
-- Grain: one row for each quarter that is over, service task and age group with a client. A client is a person with a period
-- that shares a day with the quarter (P3); who has several tasks is counted in each.
-- Limits: age is the one reached in the quarter's year, as the marts have no birthday. Organisers are counted together, family
-- law is here (is_delivered), and a task's code may be provisional.
with

clients as (
    select distinct
        quarters.follow_up_period,
        periods.service_task_code,
        periods.service_task_name_en as service_task,
        periods.is_delivered,
        periods.person_key,
        extract(year from quarters.ended_on) - persons.birth_year as age
    from {{ ref('analytics_service_task_periods_named') }} as periods
    inner join {{ ref('analytics_follow_up_periods') }} as quarters
        on {{ sosdata.overlaps('periods.started_on', 'periods.ended_on', 'quarters.started_on', 'quarters.ended_on') }}
    inner join {{ ref('analytics_persons') }} as persons
        on persons.person_key = periods.person_key
    where quarters.is_over
),

grouped as (
    select
        clients.*,
        case
            when clients.age < 0 then 'not born'
            when clients.age <= 6 then '0-6'
            when clients.age <= 17 then '7-17'
            when clients.age <= 24 then '18-24'
            when clients.age <= 64 then '25-64'
            when clients.age <= 74 then '65-74'
            when clients.age <= 84 then '75-84'
            else '85+'
        end as age_group
    from clients
)

select
    follow_up_period,
    service_task_code,
    service_task,
    is_delivered,
    age_group,
    count(*) as clients
from grouped
group by follow_up_period, service_task_code, service_task, is_delivered, age_group
order by follow_up_period desc, {{ sosdata.in_code_point_order('service_task_code') }}, min(age)
