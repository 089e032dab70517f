-- Decisions of the whole history in the extract, with the values that S-IV chooses them by (A3).
-- Grain: one row for each decision. Two decisions may be alike in every column.
-- Left out: nothing that was accepted. The task is the recorded one, family law included.
select
    decisions.organiser_code,
    pseudonyms.person_key,
    decisions.social_service_code,
    decisions.service_task_code,
    decisions.decided_on,
    decisions.effective_from as valid_from,
    decisions.valid_until,
    {{ sosdata.effective_decision_type('decisions.decision_type_code') }} as decision_type_code,
    decisions.decision_meaning
from {{ ref('int_decisions__checked') }} as decisions
inner join {{ ref('int_person_keys') }} as pseudonyms
    on pseudonyms.person_id = decisions.person_id
where decisions.is_accepted
-- The order of persons elsewhere is that of their identity codes.
order by pseudonyms.person_key
