-- Cases with every rule of their table judged, their person and their effective start.
-- Grain: one row for each distinct source row.
-- Nothing is left out: is_accepted and is_in_scope say what counts (K1, Q2). CA55 is judged in
-- int_cases__assumed_starts, since it speaks of a whole source system.
{% set errors = [
    ('CA01', 'true', 'not has_complete_key'),
    ('CA02', 'has_complete_key', 'has_repeated_id'),
    ('CA03', 'true', 'person_id is null'),
    ('CA04', 'true', 'not has_known_organiser'),
    ('CA05', 'true', 'not has_known_service_task'),
    ('CA06', 'opened_on_text is not null', 'opened_on is null'),
    ('CA07', 'true', 'opened_on_text is null and started_on is null'),
    ('CA08', 'closed_on_text is not null', 'closed_on is null'),
    ('CA09', 'opened_on is not null and closed_on is not null', 'closed_on < opened_on'),
    ('CA10', 'opened_on is not null', 'opened_on > extracted_on'),
    ('CA11', 'opened_before_2020_text is not null', 'opened_before_2020 is null'),
    ('CA12', 'has_known_service_task and has_known_days', 'not service_task_was_in_force'),
    ('CA20', 'true', 'holds_line_break'),
] %}
{% set warnings = [
    ('CA51', 'true', 'birth_date > started_on'),
    ('CA52', 'true', 'open_until > twenty_years_on'),
    ('CA53', 'opened_on is not null', 'opened_before_2020 and opened_on > first_day_of_2020'),
    ('CA54', 'closed_on is not null', 'closed_on > extracted_on'),
] %}
with

cases as (
    select
        *,
        source_system is not null and case_id is not null as has_complete_key,
        {{ sosdata.effective_start('opened_on', 'opened_on_text', 'opened_before_2020') }} as started_on,
        {{ sosdata.extracted_on() }} as extracted_on,
        cast('2020-01-01' as date) as first_day_of_2020
    from {{ ref('stg_extract__cases') }}
),

looked_up as (
    select
        cases.*,
        clients.person_id,
        clients.birth_date,
        organisers.code is not null as has_known_organiser,
        service_tasks.code is not null as has_known_service_task,
        service_tasks.is_child_protection,
        coalesce(service_tasks.is_delivered, true) as is_in_scope,
        {{ sosdata.has_known_days('cases.started_on', 'cases.closed_on', 'cases.closed_on_text') }} as has_known_days,
        {{ sosdata.was_in_force('service_tasks', 'cases.started_on', 'cases.closed_on') }} as service_task_was_in_force,
        least(cases.closed_on, cases.extracted_on) as open_until,
        {{ sosdata.add_years('cases.started_on', 20) }} as twenty_years_on
    from cases
    {{ sosdata.join_client('cases') }}
    {{ sosdata.join_code('organisers', 'organiser', 'cases.organiser_code') }}
    {{ sosdata.join_code('service_tasks', 'service_task', 'cases.service_task_code') }}
),

judged as (
    {{ sosdata.judged('looked_up', errors, 'cases') }}
),

warned as (
    {{ sosdata.warned('judged', warnings) }}
)

select
    source_system,
    case_id,
    client_id,
    person_id,
    organiser_code,
    {{ sosdata.where_broken('organiser_code_text') }},
    service_task_code,
    {{ sosdata.where_broken('service_task_code_text') }},
    is_child_protection,
    opened_on,
    {{ sosdata.where_broken('opened_on_text') }},
    {{ sosdata.where_broken('opened_before_2020_text') }},
    started_on,
    closed_on,
    {{ sosdata.where_broken('closed_on_text') }},
    unit,
    rows_alike,
    is_blank,
    is_accepted,
    is_in_scope,
    judged_rules,
    broken_rules
from warned
