-- Decisions with every rule of their table judged, and the effective values that S-IV chooses them by.
-- Grain: one row for each distinct source row.
-- Nothing is left out: is_accepted and is_in_scope say what counts (K1, Q2). DE07 is judged for each follow-up period
-- in int_decisions__by_follow_up_period.
{% set errors = [
    ('DE01', 'true', 'not has_complete_key'),
    ('DE02', 'has_complete_key', 'has_repeated_id'),
    ('DE03', 'true', 'person_id is null'),
    ('DE04', 'true', 'not has_known_organiser'),
    ('DE05', 'service_task_code_text is not null', 'not has_known_service_task'),
    ('DE06', 'true', 'not has_known_social_service and not is_unverified_social_service'),
    ('DE08', 'decided_on_text is not null', 'decided_on is null'),
    ('DE09', 'valid_from_text is not null', 'valid_from is null'),
    ('DE10', 'valid_until_text is not null', 'valid_until is null'),
    ('DE11', 'effective_from is not null and valid_until is not null', 'valid_until < effective_from'),
    ('DE12', 'decision_type_code_text is not null', 'not has_known_decision_type'),
    ('DE13', 'decided_on is not null', 'decided_on > extracted_on'),
    ('DE14', 'has_known_social_service and has_known_days', 'not social_service_was_in_force'),
    ('DE20', 'true', 'holds_line_break'),
] %}
{% set warnings = [
    ('DE51', 'decided_on is not null and valid_from is not null', 'valid_from < a_year_before_decision'),
    ('DE52', 'decided_on is not null', 'birth_date > decided_on'),
    ('DE53', 'true', 'not has_known_social_service'),
    ('DE54', 'true', "decision_meaning = 'negative' and decided_on is null"),
    ('DE55', 'valid_until is not null', 'valid_until > fifty_years_after_extract'),
] %}
with

decisions as (
    select
        *,
        source_system is not null and decision_id is not null as has_complete_key,
        case when valid_from_text is null then decided_on else valid_from end as effective_from,
        {{ sosdata.add_days('decided_on', -365) }} as a_year_before_decision,
        {{ sosdata.extracted_on() }} as extracted_on,
        {{ sosdata.add_years(sosdata.extracted_on(), 50) }} as fifty_years_after_extract
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
        coalesce(service_tasks.is_delivered, true) as is_in_scope,
        social_services.code is not null as has_known_social_service,
        unverified.code is not null as is_unverified_social_service,
        {{ sosdata.has_known_days('decisions.effective_from', 'decisions.valid_until', 'decisions.valid_until_text') }}
            as has_known_days,
        {{ sosdata.was_in_force('social_services', 'decisions.effective_from', 'decisions.valid_until') }}
            as social_service_was_in_force,
        decision_types.code is not null as has_known_decision_type,
        case
            when decisions.decision_type_code_text is null then 'positive'
            else decision_types.decision_meaning
        end as decision_meaning
    from decisions
    {{ sosdata.join_client('decisions') }}
    {{ sosdata.join_code('organisers', 'organiser', 'decisions.organiser_code') }}
    {{ sosdata.join_code('service_tasks', 'service_task', 'decisions.service_task_code') }}
    {{ sosdata.join_code('social_services', 'social_service', 'decisions.social_service_code') }}
    {{ sosdata.join_code('decision_types', 'decision_type', 'decisions.decision_type_code') }}
    left join unverified_social_services as unverified
        on unverified.code = decisions.social_service_code
),

judged as (
    {{ sosdata.judged('looked_up', errors, 'decisions') }}
),

warned as (
    {{ sosdata.warned('judged', warnings) }}
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
    judged_rules,
    broken_rules
from warned
