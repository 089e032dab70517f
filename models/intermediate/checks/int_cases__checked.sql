-- Cases with every rule of their table judged, their person and their effective start.
-- Grain: one row for each distinct source row.
-- Nothing is left out: is_accepted and is_in_scope say what counts (K1, Q2). CA55 is judged in
-- int_cases__assumed_starts, since it speaks of a whole source system.
{% set errors = [
    ('CA01', 'true', 'source_system is null or case_id is null'),
    ('CA02', 'source_system is not null and case_id is not null', 'has_repeated_id'),
    ('CA03', 'true', 'person_id is null'),
    ('CA04', 'true', 'not has_known_organiser'),
    ('CA05', 'true', 'not has_known_service_task'),
    ('CA06', 'opened_on_text is not null', 'opened_on is null'),
    ('CA07', 'true', 'opened_on_text is null and started_on is null'),
    ('CA08', 'closed_on_text is not null', 'closed_on is null'),
    ('CA09', 'opened_on is not null and closed_on is not null', 'closed_on < opened_on'),
    ('CA10', 'opened_on is not null', 'opened_on > ' ~ sosdata.extracted_on()),
    ('CA11', 'opened_before_2020_text is not null', 'opened_before_2020 is null'),
    (
        'CA12',
        'has_known_service_task and started_on is not null and (closed_on_text is null or closed_on >= started_on)',
        'not service_task_was_in_force',
    ),
    ('CA20', 'true', 'holds_line_break'),
] %}
{% set warnings = [
    ('CA51', 'is_accepted_in_scope', 'birth_date > started_on'),
    (
        'CA52',
        'is_accepted_in_scope',
        'least(closed_on, ' ~ sosdata.extracted_on() ~ ') > ' ~ sosdata.add_years('started_on', 20),
    ),
    (
        'CA53',
        'is_accepted_in_scope and opened_on is not null',
        "opened_before_2020 and opened_on > cast('2020-01-01' as date)",
    ),
    ('CA54', 'is_accepted_in_scope and closed_on is not null', 'closed_on > ' ~ sosdata.extracted_on()),
] %}
with

cases as (
    select
        *,
        {{ sosdata.effective_start('opened_on', 'opened_before_2020') }} as started_on
    from {{ ref('stg_extract__cases') }}
),

looked_up as (
    select
        cases.*,
        clients.person_id,
        clients.birth_date,
        organisers.code is not null as has_known_organiser,
        service_tasks.code is not null as has_known_service_task,
        service_tasks.is_delivered,
        service_tasks.is_child_protection,
        {{ sosdata.was_in_force(
            'service_tasks', 'cases.started_on', sosdata.last_day_to_judge('cases.started_on', 'cases.closed_on')
        ) }} as service_task_was_in_force
    from cases
    left join {{ ref('int_clients__persons') }} as clients
        on
            clients.source_system = cases.source_system
            and clients.client_id = cases.client_id
    left join {{ ref('int_codes') }} as organisers
        on
            organisers.classification = 'organiser'
            and organisers.code = cases.organiser_code
    left join {{ ref('int_codes') }} as service_tasks
        on
            service_tasks.classification = 'service_task'
            and service_tasks.code = cases.service_task_code
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
        broken_rules = '' and is_delivered as is_accepted_in_scope
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
    coalesce(is_delivered, true) as is_in_scope,
    judged_rules || judged_warnings as judged_rules,
    broken_rules || broken_warnings as broken_rules
from warned
