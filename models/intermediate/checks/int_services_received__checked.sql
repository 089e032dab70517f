-- Services received with every rule of their table judged.
-- Grain: one row for each distinct source row.
-- Nothing is left out: is_accepted and is_in_scope say what counts (K1, Q2).
{% set errors = [
    ('SR01', 'true', 'source_system is null or record_id is null'),
    ('SR02', 'source_system is not null and record_id is not null', 'has_repeated_id'),
    ('SR03', 'true', 'person_id is null'),
    ('SR04', 'true', 'not has_known_organiser'),
    ('SR05', 'service_task_code_text is not null', 'not has_known_service_task'),
    (
        'SR06',
        'true',
        'social_service_code_text is null or not (has_known_social_service or is_unverified_social_service)',
    ),
    ('SR08', 'started_on_text is not null', 'started_on is null'),
    ('SR09', 'ended_on_text is not null', 'ended_on is null'),
    ('SR10', 'started_on is not null and ended_on is not null', 'ended_on < started_on'),
    ('SR11', 'started_on is not null', 'started_on > ' ~ sosdata.extracted_on()),
    ('SR12', 'true', 'started_on_text is null and ended_on_text is null and follow_up_period is null'),
    (
        'SR13',
        'follow_up_period is not null',
        'not ' ~ sosdata.matches('follow_up_period', '^(19|2[0-9])[0-9]{2}Q[1-4]$'),
    ),
    (
        'SR14',
        'has_known_social_service and started_on is not null and (ended_on_text is null or ended_on >= started_on)',
        'not social_service_was_in_force',
    ),
    ('SR20', 'true', 'holds_line_break'),
] %}
{% set warnings = [
    ('SR53', 'is_accepted_in_scope', 'not has_known_social_service'),
    ('SR51', 'is_accepted_in_scope and started_on is not null', 'birth_date > started_on'),
    ('SR54', 'is_accepted_in_scope and ended_on is not null', 'ended_on > ' ~ sosdata.extracted_on()),
    (
        'SR55',
        'is_accepted_in_scope',
        "started_on is null and ended_on < cast('2020-01-01' as date)",
    ),
] %}
with

services as (
    select *
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
        service_tasks.is_delivered,
        social_services.code is not null as has_known_social_service,
        unverified.code is not null as is_unverified_social_service,
        {{ sosdata.was_in_force(
            'social_services',
            'services.started_on',
            sosdata.last_day_to_judge('services.started_on', 'services.ended_on')
        ) }} as social_service_was_in_force
    from services
    left join {{ ref('int_clients__persons') }} as clients
        on
            clients.source_system = services.source_system
            and clients.client_id = services.client_id
    left join {{ ref('int_codes') }} as organisers
        on
            organisers.classification = 'organiser'
            and organisers.code = services.organiser_code
    left join {{ ref('int_codes') }} as service_tasks
        on
            service_tasks.classification = 'service_task'
            and service_tasks.code = services.service_task_code
    left join {{ ref('int_codes') }} as social_services
        on
            social_services.classification = 'social_service'
            and social_services.code = services.social_service_code
    left join unverified_social_services as unverified
        on unverified.code = services.social_service_code
),

judged_errors as (
    select
        *,
        {{ sosdata.judged_rules(errors) }} as judged_rules,
        {{ sosdata.broken_rules(errors) }} as broken_rules
    from looked_up
),

accepted as (
    select
        *,
        broken_rules = '' as is_accepted,
        coalesce(is_delivered, true) as is_in_scope,
        broken_rules = '' and coalesce(is_delivered, true) as is_accepted_in_scope
    from judged_errors
),

warned as (
    select
        *,
        {{ sosdata.judged_rules(warnings) }} as judged_warnings,
        {{ sosdata.broken_rules(warnings) }} as broken_warnings
    from accepted
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
    judged_rules || judged_warnings as judged_rules,
    broken_rules || broken_warnings as broken_rules
from warned
