-- The days on which accepted cases were open.
-- Grain: one row for each accepted case.
-- Left out: rejected cases. Cases of tasks that are not delivered are here: S-T counts them.
{{ config(materialized='view') }}
select
    source_system,
    case_id,
    organiser_code,
    person_id,
    service_task_code,
    started_on,
    closed_on as ended_on
from {{ ref('int_cases__checked') }}
where is_accepted
