-- Decisions with every rule of their table judged, and the effective values that S-IV chooses them by.
-- Grain: one row for each distinct source row.
-- Nothing is left out: is_accepted and is_in_scope say what counts (K1, Q2). DE07 is judged for each follow-up period
-- in int_decisions__by_follow_up_period.
{% set errors = [
    ('DE01', 'true', 'source_system is null or decision_id is null'),
    ('DE02', 'source_system is not null and decision_id is not null', 'has_repeated_id'),
    ('DE03', 'true', 'person_id is null'),
    ('DE04', 'true', 'not has_known_organiser'),
    ('DE05', 'service_task_code_text is not null', 'not has_known_service_task'),
    (
        'DE06',
        'true',
        'social_service_code_text is null or not (has_known_social_service or is_unverified_social_service)',
    ),
    ('DE08', 'decided_on_text is not null', 'decided_on is null'),
    ('DE09', 'valid_from_text is not null', 'valid_from is null'),
    ('DE10', 'valid_until_text is not null', 'valid_until is null'),
    ('DE11', 'effective_from is not null and valid_until is not null', 'valid_until < effective_from'),
    ('DE12', 'decision_type_code_text is not null', 'not has_known_decision_type'),
    ('DE13', 'decided_on is not null', 'decided_on > ' ~ sosdata.extracted_on()),
    (
        'DE14',
        'has_known_social_service and effective_from is not null'
        ~ ' and (valid_until_text is null or valid_until >= effective_from)',
        'not social_service_was_in_force',
    ),
    ('DE20', 'true', 'holds_line_break'),
] %}
{% set warnings = [
    ('DE53', 'is_accepted_in_scope', 'not has_known_social_service'),
    (
        'DE51',
        'is_accepted_in_scope and decided_on is not null and valid_from is not null',
        'valid_from < ' ~ sosdata.add_days('decided_on', -365),
    ),
    ('DE52', 'is_accepted_in_scope and decided_on is not null', 'birth_date > decided_on'),
    ('DE54', 'is_accepted_in_scope', "decision_meaning = 'negative' and decided_on is null"),
    (
        'DE55',
        'is_accepted_in_scope and valid_until is not null',
        'valid_until > ' ~ sosdata.add_years(sosdata.extracted_on(), 50),
    ),
] %}
with

decisions as (
    select
        *,
        case when valid_from_text is null then decided_on else valid_from end as effective_from
    from {{ ref('stg_extract__decisions') }}
),

unverified_social_services as (
    {{ sosdata.unverified_social_services('decisions') }}
),

looked_up as (
    select
        decisions.*,
        clients.person_id,
        clients.birth_date,
        organisers.code is not null as has_known_organiser,
        service_tasks.code is not null as has_known_service_task,
        service_tasks.is_delivered,
        social_services.code is not null as has_known_social_service,
        unverified.code is not null as is_unverified_social_service,
        {{ sosdata.was_in_force(
            'social_services',
            'decisions.effective_from',
            sosdata.last_day_to_judge('decisions.effective_from', 'decisions.valid_until')
        ) }} as social_service_was_in_force,
        decision_types.code is not null as has_known_decision_type,
        case
            when decisions.decision_type_code_text is null then 'positive'
            else decision_types.decision_meaning
        end as decision_meaning
    from decisions
    left join {{ ref('int_clients__persons') }} as clients
        on
            clients.source_system = decisions.source_system
            and clients.client_id = decisions.client_id
    left join {{ ref('int_codes') }} as organisers
        on
            organisers.classification = 'organiser'
            and organisers.code = decisions.organiser_code
    left join {{ ref('int_codes') }} as service_tasks
        on
            service_tasks.classification = 'service_task'
            and service_tasks.code = decisions.service_task_code
    left join {{ ref('int_codes') }} as social_services
        on
            social_services.classification = 'social_service'
            and social_services.code = decisions.social_service_code
    left join unverified_social_services as unverified
        on unverified.code = decisions.social_service_code
    left join {{ ref('int_codes') }} as decision_types
        on
            decision_types.classification = 'decision_type'
            and decision_types.code = decisions.decision_type_code
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
    decision_id,
    client_id,
    person_id,
    organiser_code,
    {{ sosdata.where_broken('organiser_code_text') }},
    social_service_code,
    {{ sosdata.where_broken('social_service_code_text') }},
    service_task_code,
    {{ sosdata.where_broken('service_task_code_text') }},
    decided_on,
    {{ sosdata.where_broken('decided_on_text') }},
    valid_from,
    {{ sosdata.where_broken('valid_from_text') }},
    effective_from,
    valid_until,
    {{ sosdata.where_broken('valid_until_text') }},
    decision_type_code,
    {{ sosdata.where_broken('decision_type_code_text') }},
    decision_meaning,
    unit,
    rows_alike,
    is_blank,
    is_accepted,
    is_in_scope,
    judged_rules || judged_warnings as judged_rules,
    broken_rules || broken_warnings as broken_rules
from warned
