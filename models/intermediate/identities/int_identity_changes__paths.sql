-- To which later codes each personal identity code leads, step by step (C4, R3).
-- Grain: one row for each code and later code that it reaches. A code that reaches itself is part of a loop.
-- Left out: malformed changes (IC01) and old codes with several new ones (IC02); int_identity_changes__checked lists
-- them. A step that only stands on a conflicting id (IC04) can close a loop, but is not applied.
with recursive

changes as (
    select
        old_personal_identity_code,
        new_personal_identity_code,
        has_repeated_id
    from {{ ref('stg_extract__identity_changes') }}
    where
        source_system is not null
        and change_id is not null
        and {{ sosdata.is_personal_identity_code('old_personal_identity_code') }}
        and {{ sosdata.is_personal_identity_code('new_personal_identity_code') }}
),

steps as (
    select
        old_personal_identity_code,
        min(new_personal_identity_code) as new_personal_identity_code,
        min(case when has_repeated_id then 1 else 0 end) = 0 as is_applied
    from changes
    group by old_personal_identity_code
    having count(distinct new_personal_identity_code) = 1
),

-- A walk puts down a waypoint whenever its steps have doubled, and ends where it meets one: it came round a loop.
paths as (
    select
        old_personal_identity_code as personal_identity_code,
        new_personal_identity_code as reached_personal_identity_code,
        is_applied,
        old_personal_identity_code as waypoint,
        1 as steps_from_waypoint,
        1 as steps_to_next_waypoint
    from steps
    union all
    select
        paths.personal_identity_code,
        steps.new_personal_identity_code as reached_personal_identity_code,
        paths.is_applied and steps.is_applied as is_applied,
        case
            when paths.steps_from_waypoint = paths.steps_to_next_waypoint then paths.reached_personal_identity_code
            else paths.waypoint
        end as waypoint,
        case
            when paths.steps_from_waypoint = paths.steps_to_next_waypoint then 1
            else paths.steps_from_waypoint + 1
        end as steps_from_waypoint,
        case
            when paths.steps_from_waypoint = paths.steps_to_next_waypoint then paths.steps_to_next_waypoint * 2
            else paths.steps_to_next_waypoint
        end as steps_to_next_waypoint
    from paths
    inner join steps
        on steps.old_personal_identity_code = paths.reached_personal_identity_code
    where paths.reached_personal_identity_code <> paths.waypoint
)

select
    personal_identity_code,
    reached_personal_identity_code,
    max(case when is_applied then 1 else 0 end) = 1 as is_applied
from paths
group by personal_identity_code, reached_personal_identity_code
