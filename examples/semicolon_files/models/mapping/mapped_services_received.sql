-- Services received as the source contract has them.
-- Grain: one row for each record of the vendor.
-- Nothing is left out. Names of services and tasks are led to national codes by code_map.
select
    'tiedostot' as source_system,
    tapahtumanumero as record_id,
    asiakastunnus as client_id,
    cast(null as {{ dbt.type_string() }}) as organiser_code,
    palvelu as social_service_code,
    palvelutehtava as service_task_code,
    {{ sosdata.finnish_date('alkupaiva') }} as started_on,
    {{ day_or_open('loppupaiva') }} as ended_on,
    cast(null as {{ dbt.type_string() }}) as follow_up_period
from {{ ref('vendor_palvelut') }}
