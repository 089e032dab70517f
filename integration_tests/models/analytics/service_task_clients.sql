-- How many clients each service task had, by its national name.
-- Grain: one row for each follow-up period and service task that had a client.
-- Left out: service tasks without clients; they stand in codes_service_tasks.
with

periods as (
    select
        follow_up_period,
        service_task_code,
        personal_identity_code
    from {{ ref('sosdata', 'sosdata_service_task_periods') }}
),

service_tasks as (
    select
        code,
        name_en
    from {{ ref('sosdata', 'codes_service_tasks') }}
)

select
    periods.follow_up_period,
    periods.service_task_code,
    service_tasks.name_en as service_task,
    count(distinct periods.personal_identity_code) as clients
from periods
inner join service_tasks
    on service_tasks.code = periods.service_task_code
group by
    periods.follow_up_period,
    periods.service_task_code,
    service_tasks.name_en
