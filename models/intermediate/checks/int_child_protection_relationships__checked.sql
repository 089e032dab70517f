-- Child protection client relationships with every rule of their table judged, and their effective start.
-- Grain: one row for each distinct source row.
-- Nothing is left out; is_accepted says what counts (Q2). All of them are in scope.
{% set errors = [
    ('CP01', 'true', 'source_system is null or relationship_id is null'),
    ('CP02', 'source_system is not null and relationship_id is not null', 'has_repeated_id'),
    ('CP03', 'true', 'person_id is null'),
    ('CP04', 'true', 'not has_known_organiser'),
    ('CP06', 'started_on_text is not null', 'recorded_on is null'),
    ('CP07', 'true', 'started_on_text is null and started_on is null'),
    ('CP08', 'ended_on_text is not null', 'ended_on is null'),
    ('CP09', 'recorded_on is not null and ended_on is not null', 'ended_on < recorded_on'),
    ('CP10', 'recorded_on is not null', 'recorded_on > ' ~ sosdata.extracted_on()),
    ('CP11', 'started_before_2020_text is not null', 'started_before_2020 is null'),
    ('CP20', 'true', 'holds_line_break'),
] %}
{% set warnings = [
    ('CP51', 'is_accepted', 'birth_date > started_on'),
    ('CP52', 'is_accepted', 'started_on >= ' ~ sosdata.add_years('birth_date', 25)),
    ('CP53', 'is_accepted', 'not has_overlapping_case'),
    ('CP54', 'is_accepted and ended_on is not null', 'ended_on > ' ~ sosdata.extracted_on()),
] %}
with

relationships as (
    select
        source_system,
        relationship_id,
        client_id,
        organiser_code,
        organiser_code_text,
        started_on as recorded_on,
        {{ sosdata.effective_start('started_on', 'started_before_2020') }} as started_on,
        started_on_text,
        ended_on,
        ended_on_text,
        started_before_2020,
        started_before_2020_text,
        unit,
        rows_alike,
        has_repeated_id,
        is_blank,
        holds_line_break
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
        organisers.code is not null as has_known_organiser
    from relationships
    left join {{ ref('int_clients__persons') }} as clients
        on
            clients.source_system = relationships.source_system
            and clients.client_id = relationships.client_id
    left join {{ ref('int_codes') }} as organisers
        on
            organisers.classification = 'organiser'
            and organisers.code = relationships.organiser_code
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
        broken_rules = '' as is_accepted
    from judged_errors
),

-- Accepted relationships alone, whose ids are unique.
with_overlapping_case as (
    select distinct
        accepted.source_system,
        accepted.relationship_id
    from accepted
    inner join child_protection_cases
        on
            child_protection_cases.organiser_code = accepted.organiser_code
            and child_protection_cases.person_id = accepted.person_id
            and {{ sosdata.overlaps(
                'child_protection_cases.started_on', 'child_protection_cases.ended_on',
                'accepted.started_on', 'accepted.ended_on'
            ) }}
    where accepted.is_accepted
),

compared as (
    select
        accepted.*,
        with_overlapping_case.relationship_id is not null as has_overlapping_case
    from accepted
    left join with_overlapping_case
        on
            with_overlapping_case.source_system = accepted.source_system
            and with_overlapping_case.relationship_id = accepted.relationship_id
),

warned as (
    select
        *,
        {{ sosdata.judged_rules(warnings) }} as judged_warnings,
        {{ sosdata.broken_rules(warnings) }} as broken_warnings
    from compared
)

select
    source_system,
    relationship_id,
    client_id,
    person_id,
    organiser_code,
    {{ sosdata.where_broken('organiser_code_text') }},
    started_on,
    {{ sosdata.where_broken('started_on_text') }},
    ended_on,
    {{ sosdata.where_broken('ended_on_text') }},
    {{ sosdata.where_broken('started_before_2020_text') }},
    unit,
    rows_alike,
    is_blank,
    is_accepted,
    true as is_in_scope,
    judged_rules || judged_warnings as judged_rules,
    broken_rules || broken_warnings as broken_rules
from warned
