-- Child protection client relationships as the source contract has them.
-- Grain: one row for each client relationship of the vendor.
-- Left out: deleted ones.
select
    'tietokanta' as source_system,
    relationship_id,
    person_id as client_id,
    organiser_number as organiser_code,
    {{ sosdata.finnish_day('began_at') }} as started_on,
    {{ sosdata.finnish_day('ended_at') }} as ended_on,
    cast(null as {{ dbt.type_string() }}) as started_before_2020
from {{ source('vendor', 'child_protection') }}
where {{ is_kept('deleted_at') }}
