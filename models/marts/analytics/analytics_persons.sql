-- Who the clients are, as the extract tells it, without knowing who they are (A3).
-- Grain: one row for each person with an accepted client record.
-- Left out: persons whose client records were all rejected, listed in quality_violations.
select
    pseudonyms.person_key,
    cast(extract(year from persons.birth_date) as {{ dbt.type_int() }}) as birth_year,
    persons.sex_code,
    persons.home_municipality_code,
    municipalities.county_code as home_county_code
from {{ ref('int_persons') }} as persons
inner join {{ ref('int_person_keys') }} as pseudonyms
    on pseudonyms.person_id = persons.person_id
left join {{ ref('codes_municipalities') }} as municipalities
    on municipalities.code = persons.home_municipality_code
-- The order of persons elsewhere is that of their identity codes.
order by pseudonyms.person_key
