-- Which person a client id of a source system stands for.
-- Grain: one row for each source system and client id of an accepted client record.
-- Left out: rejected client records, and through them all rows of their clients (R2).
select
    clients.source_system,
    clients.client_id,
    persons.person_id,
    persons.birth_date
from {{ ref('int_clients__checked') }} as clients
inner join {{ ref('int_persons') }} as persons
    on persons.personal_identity_code = clients.newest_personal_identity_code
where clients.is_accepted
