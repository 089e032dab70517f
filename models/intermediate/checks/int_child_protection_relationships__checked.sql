-- Child protection client relationships with every rule of their table judged, and their effective start.
-- Grain: one row for each distinct source row.
-- Nothing is left out; is_accepted says what counts (Q2). All of them are in scope.
{% set errors = [
    ('CP01', 'true', 'not has_complete_key'),
    ('CP02', 'has_complete_key', 'has_repeated_id'),
    ('CP03', 'true', 'person_id is null'),
    ('CP04', 'true', 'not has_known_organiser'),
    ('CP06', 'started_on_text is not null', 'recorded_started_on is null'),
    ('CP07', 'true', 'started_on_text is null and started_on is null'),
    ('CP08', 'ended_on_text is not null', 'ended_on is null'),
    ('CP09', 'recorded_started_on is not null and ended_on is not null', 'ended_on < recorded_started_on'),
    ('CP10', 'recorded_started_on is not null', 'recorded_started_on > extracted_on'),
    ('CP11', 'started_before_2020_text is not null', 'started_before_2020 is null'),
    ('CP20', 'true', 'holds_line_break'),
] %}
{% set warnings = [
    ('CP51', 'true', 'birth_date > started_on'),
    ('CP52', 'true', 'started_on >= twenty_fifth_birthday'),
    ('CP53', 'true', 'not has_overlapping_case'),
    ('CP54', 'ended_on is not null', 'ended_on > extracted_on'),
] %}
with

relationships as (
    select
        *,
        source_system is not null and relationship_id is not null as has_complete_key,
        {{ sosdata.effective_start('recorded_started_on', 'started_on_text', 'started_before_2020') }} as started_on,
        {{ sosdata.extracted_on() }} as extracted_on
    from {{ ref('stg_extract__child_protection_relationships') }}
),

child_protection_cases as (
    select
        organiser_code,
        person_id,
        started_on,
        closed_on as ended_on
    from {{ ref('int_cases__checked') }}
    where is_accepted and is_child_protection
),

looked_up as (
    select
        relationships.*,
        clients.person_id,
        clients.birth_date,
        {{ sosdata.add_years('clients.birth_date', 25) }} as twenty_fifth_birthday,
        organisers.code is not null as has_known_organiser,
        true as is_in_scope
    from relationships
    {{ sosdata.join_client('relationships') }}
    {{ sosdata.join_code('organisers', 'organiser', 'relationships.organiser_code') }}
),

judged as (
    {{ sosdata.judged('looked_up', errors, 'child_protection_relationships') }}
),

-- Accepted relationships alone, whose ids are unique.
with_overlapping_case as (
    select distinct
        judged.source_system,
        judged.relationship_id
    from judged
    inner join child_protection_cases
        on
            child_protection_cases.organiser_code = judged.organiser_code
            and child_protection_cases.person_id = judged.person_id
            and {{ sosdata.overlaps(
                'child_protection_cases.started_on', 'child_protection_cases.ended_on',
                'judged.started_on', 'judged.ended_on'
            ) }}
    where judged.is_accepted
),

compared as (
    select
        judged.*,
        with_overlapping_case.relationship_id is not null as has_overlapping_case
    from judged
    left join with_overlapping_case
        on
            with_overlapping_case.source_system = judged.source_system
            and with_overlapping_case.relationship_id = judged.relationship_id
),

warned as (
    {{ sosdata.warned('compared', warnings) }}
)

select
    source_system,
    relationship_id,
    client_id,
    person_id,
    organiser_code,
    {{ sosdata.where_broken('organiser_code_text') }},
    recorded_started_on,
    started_on,
    {{ sosdata.where_broken('started_on_text') }},
    ended_on,
    {{ sosdata.where_broken('ended_on_text') }},
    {{ sosdata.where_broken('started_before_2020_text') }},
    unit,
    rows_alike,
    is_blank,
    is_accepted,
    is_in_scope,
    judged_rules,
    broken_rules
from warned
