-- Why measures are notable, as the county filled it in, trimmed (M2).
-- Grain: one row for each measure, follow-up period, organiser, service task, source system and reason.
-- Left out: rows without anything in them. A row without a reason is here, and explains nothing.
{{ config(pre_hook="{{ sosdata.stop_on_wrong_measure_explanations(ref('measure_explanations')) }}") }}
with

explanations as (
    select
        {{ sosdata.trimmed('measure_id') }} as measure_id,
        {{ sosdata.trimmed('follow_up_period') }} as follow_up_period,
        {{ sosdata.trimmed('organiser_code') }} as organiser_code,
        {{ sosdata.trimmed('service_task_code') }} as service_task_code,
        {{ sosdata.trimmed('source_system') }} as source_system,
        {{ sosdata.trimmed('reason') }} as reason
    from {{ ref('measure_explanations') }}
)

select distinct
    measure_id,
    follow_up_period,
    organiser_code,
    service_task_code,
    {{ sosdata.without_personal_identity_codes('source_system') }} as source_system,
    reason
from explanations
where coalesce(measure_id, follow_up_period, organiser_code, service_task_code, source_system, reason) is not null
