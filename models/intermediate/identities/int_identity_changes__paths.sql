-- To which later codes each personal identity code leads, step by step (C4, R3).
-- Grain: one row for each code and later code that it reaches. A code that reaches itself is part of a loop.
-- Left out: changes that are no step (int_identity_changes__steps).
with recursive

steps as (
    select distinct
        old_personal_identity_code,
        new_personal_identity_code
    from {{ ref('int_identity_changes__steps') }}
    where is_step
),

-- Brent's way of finding a loop: a walk puts down a waypoint whenever its steps have doubled, and ends where it meets one. Not
-- every engine has a recursion that drops rows it has seen (union), so that the walk must end by itself.
paths as (
    select
        old_personal_identity_code as personal_identity_code,
        new_personal_identity_code as reached_personal_identity_code,
        old_personal_identity_code as waypoint,
        1 as steps_from_waypoint,
        1 as steps_to_next_waypoint
    from steps
    union all
    select
        paths.personal_identity_code,
        steps.new_personal_identity_code as reached_personal_identity_code,
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

select distinct
    personal_identity_code,
    reached_personal_identity_code
from paths
