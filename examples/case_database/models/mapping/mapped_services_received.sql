-- Services received as the source contract has them; organiser and task are those of the case, also of a deleted one.
-- Grain: one row for each period of a service of the vendor.
-- Left out: deleted ones.
with

services as (
    select
        service_id,
        case_id,
        person_id,
        service_number,
        began_at,
        ended_at
    from {{ source('vendor', 'service_period') }}
    where {{ is_kept('deleted_at') }}
)

select
    'tietokanta' as source_system,
    services.service_id as record_id,
    services.person_id as client_id,
    cases.organiser_number as organiser_code,
    services.service_number as social_service_code,
    cases.area_number as service_task_code,
    {{ sosdata.finnish_day('services.began_at') }} as started_on,
    {{ sosdata.finnish_day('services.ended_at') }} as ended_on,
    cast(null as {{ dbt.type_string() }}) as follow_up_period
from services
left join {{ source('vendor', 'case_file') }} as cases
    on cases.case_id = services.case_id
