-- The analysts' figures with the smallest pseudonym of each cell, by which the published table orders the cells (A4, A5).
-- Grain: one row for each follow-up period, organiser, service task, home municipality, age group and sex with a client.
-- Left out: periods of other quarters than the marts have.
{% set ended_on = sosdata.end_seen('run_ended_on', sosdata.extracted_on()) %}
with

persons as (
    select
        person_keys.person_id,
        person_keys.person_key,
        persons.birth_date,
        persons.home_municipality_code,
        persons.sex_code
    from {{ ref('int_person_keys') }} as person_keys
    inner join {{ ref('int_persons') }} as persons
        on persons.person_id = person_keys.person_id
),

-- As analytics_service_task_periods has them, with the person's number, which is quicker to join by.
periods as (
    select
        organiser_code,
        service_task_code,
        person_id,
        run_started_on as started_on,
        {{ ended_on }} as ended_on,
        {{ sosdata.days_of('run_started_on', ended_on) }} as days,
        lead(run_started_on) over (
            partition by organiser_code, service_task_code, person_id order by run_started_on
        ) as next_started_on
    from {{ ref('int_service_task_runs') }}
    where run_started_on <= {{ sosdata.extracted_on() }}
),

-- The periods of a person and task lie apart, so the last one in a quarter is that of all that the person is counted by:
-- if there is another before it, the last one started in the quarter.
seen as (
    select
        quarters.follow_up_period,
        quarters.is_over,
        periods.organiser_code,
        periods.service_task_code,
        persons.person_key,
        persons.home_municipality_code,
        persons.sex_code,
        {{ sosdata.age_on('persons.birth_date', 'quarters.ended_on') }} as age,
        coalesce(periods.next_started_on > quarters.ended_on, true) as is_last_of_client,
        periods.started_on >= quarters.started_on as is_new,
        coalesce(periods.ended_on >= quarters.ended_on, true) as is_at_end,
        case when periods.ended_on <= quarters.ended_on then periods.days end as days_of_ended
    from periods
    inner join {{ ref('int_quarters_of_history') }} as quarters
        on {{ sosdata.overlaps('periods.started_on', 'periods.ended_on', 'quarters.started_on', 'quarters.ended_on') }}
    inner join persons
        on persons.person_id = periods.person_id
)

select
    seen.follow_up_period,
    seen.is_over,
    seen.organiser_code,
    seen.service_task_code,
    seen.home_municipality_code,
    age_groups.age_group,
    seen.sex_code,
    cast(sum(case when seen.is_last_of_client then 1 else 0 end) as {{ dbt.type_bigint() }}) as clients,
    cast(sum(case when seen.is_last_of_client and seen.is_new then 1 else 0 end) as {{ dbt.type_bigint() }}) as clients_new,
    count(seen.days_of_ended) as periods_ended,
    cast(sum(case when seen.is_at_end then 1 else 0 end) as {{ dbt.type_bigint() }}) as clients_at_end,
    cast(percentile_disc(0.5) within group (order by seen.days_of_ended) as {{ dbt.type_int() }}) as median_days,
    min({{ sosdata.in_code_point_order('seen.person_key') }}) as smallest_person_key
from seen
left join {{ ref('stg_settings__age_groups') }} as age_groups
    on
        seen.age >= age_groups.age_from
        and seen.age <= coalesce(age_groups.age_to, seen.age)
group by
    seen.follow_up_period,
    seen.is_over,
    seen.organiser_code,
    seen.service_task_code,
    seen.home_municipality_code,
    age_groups.age_group,
    seen.sex_code
