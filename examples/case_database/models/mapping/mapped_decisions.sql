-- Decisions as the source contract has them; organiser and task are those of the case, also of a deleted one.
-- Grain: one row for each decision of the vendor.
-- Left out: deleted ones.
with

decisions as (
    select
        decision_id,
        case_id,
        person_id,
        service_number,
        outcome_number,
        made_at,
        valid_from,
        valid_to
    from {{ source('vendor', 'decision') }}
    where {{ is_kept('deleted_at') }}
)

select
    'tietokanta' as source_system,
    decisions.decision_id,
    decisions.person_id as client_id,
    cases.organiser_number as organiser_code,
    decisions.service_number as social_service_code,
    cases.area_number as service_task_code,
    {{ sosdata.finnish_day('decisions.made_at') }} as decided_on,
    decisions.valid_from,
    decisions.valid_to as valid_until,
    decisions.outcome_number as decision_type_code
from decisions
left join {{ source('vendor', 'case_file') }} as cases
    on cases.case_id = decisions.case_id
