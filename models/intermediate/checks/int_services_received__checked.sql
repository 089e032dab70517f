-- Services received with every rule of their table judged.
-- Grain: one row for each distinct source row.
-- Nothing is left out: is_accepted and is_in_scope say what counts (K1, Q2).
{% set errors = [
    ('SR01', 'true', 'not has_complete_key'),
    ('SR02', 'has_complete_key', 'has_repeated_id'),
    ('SR03', 'true', 'person_id is null'),
    ('SR04', 'true', 'not has_known_organiser'),
    ('SR05', 'service_task_code_text is not null', 'not has_known_service_task'),
    ('SR06', 'true', 'not has_known_social_service and not is_unverified_social_service'),
    ('SR08', 'started_on_text is not null', 'started_on is null'),
    ('SR09', 'ended_on_text is not null', 'ended_on is null'),
    ('SR10', 'started_on is not null and ended_on is not null', 'ended_on < started_on'),
    ('SR11', 'started_on is not null', 'started_on > extracted_on'),
    ('SR12', 'true', 'started_on_text is null and ended_on_text is null and follow_up_period is null'),
    ('SR13', 'follow_up_period is not null', 'not has_quarter'),
    ('SR14', 'has_known_social_service and has_known_days', 'not social_service_was_in_force'),
    ('SR20', 'true', 'holds_line_break'),
] %}
{% set warnings = [
    ('SR51', 'started_on is not null', 'birth_date > started_on'),
    ('SR53', 'true', 'not has_known_social_service'),
    ('SR54', 'ended_on is not null', 'ended_on > extracted_on'),
    ('SR55', 'true', 'started_on is null and ended_on < first_day_of_2020'),
] %}
with

services as (
    select
        *,
        source_system is not null and record_id is not null as has_complete_key,
        {{ sosdata.matches('follow_up_period', '^(19|2[0-9])[0-9]{2}Q[1-4]$') }} as has_quarter,
        {{ sosdata.extracted_on() }} as extracted_on,
        cast('2020-01-01' as date) as first_day_of_2020
    from {{ ref('stg_extract__services_received') }}
),

unverified_social_services as (
    {{ sosdata.unverified_social_services('services') }}
),

looked_up as (
    select
        services.*,
        clients.person_id,
        clients.birth_date,
        organisers.code is not null as has_known_organiser,
        service_tasks.code is not null as has_known_service_task,
        coalesce(service_tasks.is_delivered, true) as is_in_scope,
        social_services.code is not null as has_known_social_service,
        unverified.code is not null as is_unverified_social_service,
        {{ sosdata.has_known_days('services.started_on', 'services.ended_on', 'services.ended_on_text') }} as has_known_days,
        {{ sosdata.was_in_force('social_services', 'services.started_on', 'services.ended_on') }}
            as social_service_was_in_force
    from services
    {{ sosdata.join_client('services') }}
    {{ sosdata.join_code('organisers', 'organiser', 'services.organiser_code') }}
    {{ sosdata.join_code('service_tasks', 'service_task', 'services.service_task_code') }}
    {{ sosdata.join_code('social_services', 'social_service', 'services.social_service_code') }}
    left join unverified_social_services as unverified
        on unverified.code = services.social_service_code
),

judged as (
    {{ sosdata.judged('looked_up', errors, 'services_received') }}
),

warned as (
    {{ sosdata.warned('judged', warnings) }}
)

select
    source_system,
    record_id,
    client_id,
    person_id,
    organiser_code,
    {{ sosdata.where_broken('organiser_code_text') }},
    social_service_code,
    {{ sosdata.where_broken('social_service_code_text') }},
    service_task_code,
    {{ sosdata.where_broken('service_task_code_text') }},
    started_on,
    {{ sosdata.where_broken('started_on_text') }},
    ended_on,
    {{ sosdata.where_broken('ended_on_text') }},
    follow_up_period,
    unit,
    rows_alike,
    is_blank,
    is_accepted,
    is_in_scope,
    judged_rules,
    broken_rules
from warned
