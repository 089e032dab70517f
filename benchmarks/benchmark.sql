-- The baseline of benchmarks/benchmark.py: the five sections of one follow-up period by one script on the bare engine, from
-- rows that are known to be right. No checks, no lineage, no lists, nothing told of what is left out.
-- {first_day} and {last_day} are those of the period {period}.
create table persons as
select
    personal_identity_code,
    home_municipality_code,
    sex_code
from (
    select
        *,
        row_number() over (
            partition by personal_identity_code
            order by updated_at desc nulls last, source_system, client_id
        ) as record_no
    from clients
) as records
where record_no = 1;

create table task_periods as
with

opened as (
    select
        cases.organiser_code,
        clients.personal_identity_code,
        cases.service_task_code,
        cases.started_on,
        coalesce(cases.closed_on, date '9999-12-31') as ended_on
    from cases
    inner join clients
        on clients.source_system = cases.source_system and clients.client_id = cases.client_id
    where cases.closed_on is null or cases.closed_on >= cases.started_on
),

marked as (
    select
        *,
        max(ended_on) over (
            partition by organiser_code, personal_identity_code, service_task_code
            order by started_on
            rows between unbounded preceding and 1 preceding
        ) as reached_on
    from opened
),

numbered as (
    select
        *,
        sum(case when started_on > reached_on then 1 else 0 end) over (
            partition by organiser_code, personal_identity_code, service_task_code
            order by started_on
            rows between unbounded preceding and current row
        ) as period_no
    from marked
)

select
    organiser_code,
    personal_identity_code,
    service_task_code,
    min(started_on) as started_on,
    max(ended_on) as ended_on
from numbered
group by organiser_code, personal_identity_code, service_task_code, period_no
having min(started_on) <= date '{last_day}' and max(ended_on) >= date '{first_day}';

create table sole_tasks as
select
    organiser_code,
    personal_identity_code,
    min(service_task_code) as service_task_code
from task_periods
group by organiser_code, personal_identity_code
having count(distinct service_task_code) = 1;

create table section_ii as
select
    '{period}' as follow_up_period,
    organiser_code,
    personal_identity_code,
    service_task_code,
    started_on,
    case when ended_on <= date '{last_day}' then ended_on end as ended_on
from task_periods
where service_task_code <> 'X-FAMILY-LAW';

create table section_iii as
with

begun as (
    select
        relationships.organiser_code,
        clients.personal_identity_code,
        relationships.started_on,
        coalesce(relationships.ended_on, date '9999-12-31') as ended_on
    from relationships
    inner join clients
        on clients.source_system = relationships.source_system and clients.client_id = relationships.client_id
    where relationships.ended_on is null or relationships.ended_on >= relationships.started_on
),

marked as (
    select
        *,
        max(ended_on) over (
            partition by organiser_code, personal_identity_code
            order by started_on
            rows between unbounded preceding and 1 preceding
        ) as reached_on
    from begun
),

numbered as (
    select
        *,
        sum(case when started_on > reached_on then 1 else 0 end) over (
            partition by organiser_code, personal_identity_code
            order by started_on
            rows between unbounded preceding and current row
        ) as period_no
    from marked
)

select
    '{period}' as follow_up_period,
    organiser_code,
    personal_identity_code,
    min(started_on) as started_on,
    case when max(ended_on) <= date '{last_day}' then max(ended_on) end as ended_on
from numbered
group by organiser_code, personal_identity_code, period_no
having min(started_on) <= date '{last_day}' and max(ended_on) >= date '{first_day}';

create table section_iv as
select
    '{period}' as follow_up_period,
    decisions.organiser_code,
    clients.personal_identity_code,
    decisions.social_service_code,
    coalesce(decisions.service_task_code, sole_tasks.service_task_code) as service_task_code,
    decisions.decided_on,
    decisions.valid_from,
    decisions.valid_until,
    coalesce(decisions.decision_type_code, '1') as decision_type_code
from decisions
inner join clients
    on clients.source_system = decisions.source_system and clients.client_id = decisions.client_id
left join sole_tasks
    on
        sole_tasks.organiser_code = decisions.organiser_code
        and sole_tasks.personal_identity_code = clients.personal_identity_code
where
    (decisions.decided_on is null or decisions.decided_on <= date '{last_day}')
    and case
        when decisions.decision_type_code = '2' then decisions.decided_on >= date '{first_day}'
        else
            coalesce(decisions.valid_from, decisions.decided_on, date '{last_day}') <= date '{last_day}'
            and coalesce(decisions.valid_until, date '{first_day}') >= date '{first_day}'
    end
    and coalesce(decisions.service_task_code, sole_tasks.service_task_code) <> 'X-FAMILY-LAW';

create table section_v as
select distinct
    '{period}' as follow_up_period,
    services.organiser_code,
    clients.personal_identity_code,
    services.social_service_code,
    coalesce(services.service_task_code, sole_tasks.service_task_code) as service_task_code,
    services.started_on,
    case when services.ended_on <= date '{last_day}' then services.ended_on end as ended_on
from services
inner join clients
    on clients.source_system = services.source_system and clients.client_id = services.client_id
left join sole_tasks
    on
        sole_tasks.organiser_code = services.organiser_code
        and sole_tasks.personal_identity_code = clients.personal_identity_code
where
    case
        when services.started_on is null and services.ended_on is null then services.follow_up_period = '{period}'
        else
            coalesce(services.started_on, date '{last_day}') <= date '{last_day}'
            and coalesce(services.ended_on, date '{first_day}') >= date '{first_day}'
    end
    and coalesce(services.service_task_code, sole_tasks.service_task_code, '') <> 'X-FAMILY-LAW';

create table section_i as
select
    sections.follow_up_period,
    sections.organiser_code,
    persons.personal_identity_code,
    persons.home_municipality_code,
    persons.sex_code
from (
    select follow_up_period, organiser_code, personal_identity_code from section_ii
    union
    select follow_up_period, organiser_code, personal_identity_code from section_iii
    union
    select follow_up_period, organiser_code, personal_identity_code from section_iv
    union
    select follow_up_period, organiser_code, personal_identity_code from section_v
) as sections
inner join persons
    on persons.personal_identity_code = sections.personal_identity_code;
