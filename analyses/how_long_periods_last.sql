-- How long do client relationship periods last in each service task, those that go on included?
-- Grain: one row for each service task and quarter of a year since the start, as long as a period is followed for that long.
-- share_going_on is the Kaplan-Meier estimate of the share that lasts longer than so many days: a period that goes on counts
-- until the day of the extract, and says nothing of what comes after. Where it falls below 0.5 is the median length.
-- Left out: periods that start on 2020-01-01, as that day stands for every start that is only known to lie before 2020.
-- Limits: where a system's history begins late, periods that ended before it are missing, and lengths look too long. Family law
-- is here (is_delivered), and a task's code may be provisional.
with

lengths as (
    select
        service_task_code,
        service_task_name_en as service_task,
        is_delivered,
        coalesce(days, {{ sosdata.days_of('started_on', sosdata.extracted_on()) }}) as days_long,
        case when ended_on is null then 0 else 1 end as has_ended
    from {{ ref('analytics_service_task_periods_named') }}
    where started_on <> cast('2020-01-01' as date)
),

by_length as (
    select
        service_task_code,
        service_task,
        is_delivered,
        days_long,
        count(*) as periods,
        sum(has_ended) as ended
    from lengths
    group by service_task_code, service_task, is_delivered, days_long
),

followed as (
    select
        by_length.*,
        sum(by_length.periods) over (
            partition by by_length.service_task_code
            order by by_length.days_long desc
            rows between unbounded preceding and current row
        ) as at_risk
    from by_length
),

marks as (
    {% for quarter in range(61) -%}
    select
        cast({{ quarter / 4 }} as decimal(5, 2)) as years,
        {{ (quarter * 365.25 / 4) | round | int }} as days_since_start
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    followed.service_task_code,
    followed.service_task,
    followed.is_delivered,
    marks.years,
    marks.days_since_start,
    sum(case when followed.days_long <= marks.days_since_start then followed.ended else 0 end) as ended,
    sum(case when followed.days_long > marks.days_since_start then followed.periods else 0 end) as still_followed,
    -- The product of the shares that outlast each day with an end.
    cast(
        exp(
            sum(
                case
                    when followed.days_long <= marks.days_since_start and followed.ended < followed.at_risk
                        then ln(1 - cast(followed.ended as {{ dbt.type_float() }}) / followed.at_risk)
                    else 0
                end
            )
        ) as decimal(5, 3)
    ) as share_going_on
from followed
cross join marks
group by
    followed.service_task_code,
    followed.service_task,
    followed.is_delivered,
    marks.years,
    marks.days_since_start
having sum(case when followed.days_long > marks.days_since_start then followed.periods else 0 end) > 0
order by {{ sosdata.in_code_point_order('followed.service_task_code') }}, marks.days_since_start
