-- Child protection client relationships of the whole history in the extract, as known on the day of the extract (S-III, A3).
-- Grain: one row for each organiser, person and start of a relationship.
-- Left out: nothing that was accepted.
{% set ended_on = sosdata.end_seen('runs.run_ended_on', sosdata.extracted_on()) %}
select
    runs.organiser_code,
    pseudonyms.person_key,
    runs.run_started_on as started_on,
    {{ ended_on }} as ended_on,
    {{ sosdata.days_of('runs.run_started_on', ended_on) }} as days
from {{ ref('int_child_protection_runs') }} as runs
inner join {{ ref('int_person_keys') }} as pseudonyms
    on pseudonyms.person_id = runs.person_id
where runs.run_started_on <= {{ sosdata.extracted_on() }}
-- The order of persons elsewhere is that of their identity codes.
order by pseudonyms.person_key
