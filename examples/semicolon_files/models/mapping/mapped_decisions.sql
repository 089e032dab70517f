-- Decisions as the source contract has them.
-- Grain: one row for each decision of the vendor.
-- Nothing is left out. Names of services and tasks and words for the type are led to national codes by code_map.
select
    'tiedostot' as source_system,
    paatosnumero as decision_id,
    asiakastunnus as client_id,
    cast(null as {{ dbt.type_string() }}) as organiser_code,
    palvelu as social_service_code,
    palvelutehtava as service_task_code,
    {{ sosdata.finnish_date('paatospaiva') }} as decided_on,
    {{ sosdata.finnish_date('voimassa_alkaen') }} as valid_from,
    {{ day_or_open('voimassa_asti') }} as valid_until,
    ratkaisu as decision_type_code
from {{ ref('vendor_paatokset') }}
