-- The county's cases as the source contract has them.
-- Grain: one row for each case.
-- Nothing is left out. The county marks with K (kyllä, yes) and E (ei, no); another mark stays as it is, so that the build
-- lists it.
select
    'county' as source_system,
    asia_id as case_id,
    asiakas_id as client_id,
    cast(null as {{ dbt.type_string() }}) as organiser_code,
    palvelutehtava as service_task_code,
    avattu as opened_on,
    suljettu as closed_on,
    case ennen_2020 when 'K' then 'true' when 'E' then 'false' else ennen_2020 end as opened_before_2020
from {{ source('county_systems', 'asiat') }}
