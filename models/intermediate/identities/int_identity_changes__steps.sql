-- Which identity changes lead from one personal identity code to another (R3).
-- Grain: one row for each distinct source row.
-- Nothing is left out: is_step says which changes lead on. A change is judged by itself first, then against the others of
-- all systems that can be used; loops are found in int_identity_changes__paths.
with

changes as (
    select
        source_system,
        change_id,
        old_personal_identity_code,
        new_personal_identity_code,
        changed_on,
        unit,
        rows_alike,
        has_repeated_id,
        is_blank,
        holds_line_break,
        source_system is not null and change_id is not null as has_complete_key,
        {{ sosdata.is_personal_identity_code('old_personal_identity_code') }}
        and {{ sosdata.is_personal_identity_code('new_personal_identity_code') }} as has_two_codes,
        coalesce(old_personal_identity_code = new_personal_identity_code, false) as leads_to_itself
    from {{ ref('stg_extract__identity_changes') }}
),

usable as (
    select
        *,
        has_complete_key and has_two_codes as is_well_formed,
        has_complete_key and has_two_codes and not has_repeated_id and not holds_line_break and not leads_to_itself as is_usable
    from changes
),

old_codes as (
    select
        old_personal_identity_code,
        count(distinct new_personal_identity_code) as new_codes
    from usable
    where is_usable
    group by old_personal_identity_code
)

select
    usable.source_system,
    usable.change_id,
    usable.old_personal_identity_code,
    usable.new_personal_identity_code,
    usable.changed_on,
    usable.unit,
    usable.rows_alike,
    usable.has_repeated_id,
    usable.is_blank,
    usable.holds_line_break,
    usable.has_complete_key,
    usable.leads_to_itself,
    usable.is_well_formed,
    usable.is_usable,
    coalesce(old_codes.new_codes > 1, false) as leads_to_several_codes,
    usable.is_usable and old_codes.new_codes = 1 as is_step
from usable
left join old_codes
    on old_codes.old_personal_identity_code = usable.old_personal_identity_code
