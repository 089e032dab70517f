-- Identity changes with every rule of their table judged (R3).
-- Grain: one row for each distinct source row.
-- Nothing is left out; is_accepted says which changes are applied.
{% set errors = [
    ('IC01', 'true', 'not is_well_formed'),
    ('IC02', 'is_usable', 'leads_to_several_codes'),
    ('IC03', 'is_step', 'is_part_of_loop'),
    ('IC04', 'has_complete_key', 'has_repeated_id'),
    ('IC20', 'true', 'holds_line_break'),
] %}
{% set warnings = [
    ('IC51', 'true', 'leads_to_itself'),
] %}
with

codes_in_loops as (
    select personal_identity_code
    from {{ ref('int_identity_changes__paths') }}
    where personal_identity_code = reached_personal_identity_code
),

looked_up as (
    select
        changes.*,
        codes_in_loops.personal_identity_code is not null as is_part_of_loop,
        true as is_in_scope
    from {{ ref('int_identity_changes__steps') }} as changes
    left join codes_in_loops
        on codes_in_loops.personal_identity_code = changes.old_personal_identity_code
),

judged as (
    {{ sosdata.judged('looked_up', errors, 'identity_changes') }}
),

warned as (
    {{ sosdata.warned('judged', warnings) }}
)

select
    source_system,
    change_id,
    {{ sosdata.empty_text() }} as client_id,
    old_personal_identity_code,
    new_personal_identity_code,
    changed_on,
    unit,
    rows_alike,
    is_blank,
    is_accepted,
    is_in_scope,
    judged_rules,
    broken_rules
from warned
