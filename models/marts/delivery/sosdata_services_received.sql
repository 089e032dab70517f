-- Section V: services received during the follow-up period (S-V).
-- Grain: one row for each combination of all its columns.
-- Left out: further records that are alike in every delivered column; delivery_lineage keeps them.
select distinct
    services.follow_up_period,
    services.organiser_code,
    persons.personal_identity_code,
    services.social_service_code,
    services.service_task_code,
    services.started_on,
    services.ended_on
from {{ ref('int_services_received__by_follow_up_period') }} as services
inner join {{ ref('int_persons') }} as persons
    on persons.person_id = services.person_id
