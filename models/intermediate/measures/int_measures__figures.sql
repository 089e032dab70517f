-- The two figures of each measure (M1), and how they are judged: a measure is a select here and a row of quality_measure_rules.
-- Grain: one row for each measure, follow-up period, organiser, service task and source system.
-- Left out: rejected rows and tasks that are not delivered. The limits of a delivery (S-SCOPE), inferred tasks (S-T) and DE07
-- play no part.
with

compared as (
    select
        follow_up_period,
        quarter_id,
        is_period,
        started_on,
        last_month_started_on,
        ended_on
    from {{ ref('int_follow_up_periods__compared') }}
),

events as (
    select
        compared.follow_up_period,
        compared.is_period,
        recorded.event_kind,
        recorded.source_system,
        recorded.organiser_code,
        recorded.service_task_code,
        recorded.recorded_on,
        recorded.recorded_on >= compared.last_month_started_on as is_in_last_month,
        recorded.events
    from {{ ref('int_measures__events') }} as recorded
    inner join compared
        on recorded.recorded_on between compared.started_on and compared.ended_on
),

cases_by_day as (
    select
        follow_up_period,
        event_kind,
        source_system,
        recorded_on,
        sum(events) as cases
    from events
    where is_period and event_kind in ('case_opened', 'case_closed')
    group by follow_up_period, event_kind, source_system, recorded_on
),

-- As section V would have them, with the recorded task.
services as (
    select distinct
        compared.follow_up_period,
        compared.is_period,
        services.organiser_code,
        services.person_id,
        services.social_service_code,
        services.service_task_code,
        services.started_on,
        {{ sosdata.end_seen('services.ended_on', 'compared.ended_on') }} as ended_on
    from {{ ref('int_services_received__checked') }} as services
    inner join compared
        on {{ sosdata.service_is_in_period('services', 'compared', 'quarter_id') }}
    where services.is_accepted and services.is_in_scope
),

figures as (
    -- A person with a run of days in the quarter has a period in it, whatever period_gap_days is.
    select
        'ME01' as measure_id,
        compared.follow_up_period,
        clients.organiser_code,
        clients.service_task_code,
        {{ sosdata.empty_text() }} as source_system,
        count(distinct case when compared.is_period then clients.person_id end) as figure,
        count(distinct case when not compared.is_period then clients.person_id end) as compared_with,
        'difference' as judged_by,
        false as is_judged_when_over
    from {{ ref('int_service_task_runs') }} as clients
    inner join compared
        on {{ sosdata.overlaps(
            'clients.run_started_on', 'clients.run_ended_on', 'compared.started_on', 'compared.ended_on'
        ) }}
    where clients.is_delivered
    group by compared.follow_up_period, clients.organiser_code, clients.service_task_code
    union all
    select
        'ME02' as measure_id,
        follow_up_period,
        {{ sosdata.empty_text() }} as organiser_code,
        {{ sosdata.empty_text() }} as service_task_code,
        source_system,
        sum(case when is_period then events else 0 end) as figure,
        sum(case when is_period then 0 else events end) as compared_with,
        'silence' as judged_by,
        true as is_judged_when_over
    from events
    group by follow_up_period, source_system
    union all
    select
        case when event_kind = 'case_opened' then 'ME03' else 'ME04' end as measure_id,
        follow_up_period,
        {{ sosdata.empty_text() }} as organiser_code,
        {{ sosdata.empty_text() }} as service_task_code,
        source_system,
        max(cases) as figure,
        sum(cases) as compared_with,
        'share_above' as judged_by,
        true as is_judged_when_over
    from cases_by_day
    group by event_kind, follow_up_period, source_system
    union all
    select
        'ME05' as measure_id,
        follow_up_period,
        {{ sosdata.empty_text() }} as organiser_code,
        {{ sosdata.empty_text() }} as service_task_code,
        source_system,
        sum(case when is_in_last_month then events else 0 end) as figure,
        sum(events) as compared_with,
        'share_below' as judged_by,
        true as is_judged_when_over
    from events
    where is_period
    group by follow_up_period, source_system
    union all
    select
        'ME06' as measure_id,
        follow_up_period,
        organiser_code,
        service_task_code,
        {{ sosdata.empty_text() }} as source_system,
        sum(case when is_period then events else 0 end) as figure,
        sum(case when is_period then 0 else events end) as compared_with,
        'difference' as judged_by,
        false as is_judged_when_over
    from events
    where event_kind = 'decision_made'
    group by follow_up_period, organiser_code, service_task_code
    union all
    select
        'ME07' as measure_id,
        follow_up_period,
        organiser_code,
        {{ sosdata.empty_text() }} as service_task_code,
        {{ sosdata.empty_text() }} as source_system,
        sum(case when is_period then 1 else 0 end) as figure,
        sum(case when is_period then 0 else 1 end) as compared_with,
        'difference' as judged_by,
        false as is_judged_when_over
    from services
    group by follow_up_period, organiser_code
)

select
    measure_id,
    follow_up_period,
    organiser_code,
    service_task_code,
    source_system,
    cast(figure as {{ dbt.type_bigint() }}) as figure,
    cast(compared_with as {{ dbt.type_bigint() }}) as compared_with,
    judged_by,
    is_judged_when_over
from figures
