-- Services received in the whole history in the extract, as known on the day of the extract (S-V, A3).
-- Grain: one row for each combination of all its columns.
-- Left out: further records that are alike in every column. The task is the recorded one, family law included.
select distinct
    services.organiser_code,
    pseudonyms.person_key,
    services.social_service_code,
    services.service_task_code,
    services.started_on,
    {{ sosdata.end_seen('services.ended_on', sosdata.extracted_on()) }} as ended_on,
    case
        when services.started_on is null and services.ended_on is null then services.follow_up_period
    end as follow_up_period
from {{ ref('int_services_received__checked') }} as services
inner join {{ ref('int_person_keys') }} as pseudonyms
    on pseudonyms.person_id = services.person_id
where services.is_accepted
-- The order of persons elsewhere is that of their identity codes.
order by pseudonyms.person_key
