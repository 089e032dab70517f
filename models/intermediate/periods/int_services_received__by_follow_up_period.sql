-- Services received during each follow-up period (S-V, S-T, S-SCOPE, P4).
-- Grain: one row for each follow-up period and record; the mart delivers rows that are alike once.
-- Left out: rejected records, records outside the period or the scope of the delivery, and those whose inferred task is
-- not delivered.
with

services as (
    select
        source_system,
        record_id,
        organiser_code,
        person_id,
        social_service_code,
        service_task_code,
        started_on,
        ended_on,
        follow_up_period
    from {{ ref('int_services_received__checked') }}
    where
        is_accepted
        and is_in_scope
        and {{ sosdata.is_in_delivery_scope('V', 'social_service_code') }}
),

in_follow_up_period as (
    select
        follow_up.follow_up_period,
        services.source_system,
        services.record_id,
        services.organiser_code,
        services.person_id,
        services.social_service_code,
        services.service_task_code,
        services.started_on,
        {{ sosdata.end_seen('services.ended_on', 'follow_up.ended_on') }} as ended_on
    from services
    inner join {{ ref('int_follow_up_periods') }} as follow_up
        on {{ sosdata.service_is_in_period('services', 'follow_up', 'follow_up_period') }}
),

with_service_task as (
    {{ sosdata.with_inferred_task('in_follow_up_period') }}
)

select
    follow_up_period,
    organiser_code,
    person_id,
    social_service_code,
    delivered_service_task_code as service_task_code,
    started_on,
    ended_on,
    source_system,
    record_id
from with_service_task
