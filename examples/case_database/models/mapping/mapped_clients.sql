-- Clients as the source contract has them.
-- Grain: one row for each person of the vendor.
-- Left out: deleted persons; what else points to them is rejected for want of a client, and listed.
with

persons as (
    select
        person_id,
        family_id,
        identity_code,
        municipality_number,
        gender_number,
        modified_at
    from {{ source('vendor', 'person') }}
    where {{ is_kept('deleted_at') }}
)

select
    'tietokanta' as source_system,
    persons.person_id as client_id,
    persons.identity_code as personal_identity_code,
    {{ sosdata.municipality_code('persons', 'municipality_number') }} as home_municipality_code,
    persons.gender_number as sex_code,
    persons.modified_at as updated_at,
    families.team_number as unit
from persons
left join {{ source('vendor', 'family') }} as families
    on families.family_id = persons.family_id
{{ sosdata.join_municipality('persons', 'municipality_number') }}
