-- Child protection client relationships as the source contract has them.
-- Grain: one row for each client relationship of the vendor.
-- Nothing is left out.
select
    'tiedostot' as source_system,
    asiakkuusnumero as relationship_id,
    asiakastunnus as client_id,
    cast(null as {{ dbt.type_string() }}) as organiser_code,
    {{ sosdata.finnish_date('alkoi') }} as started_on,
    {{ day_or_open('paattyi') }} as ended_on,
    cast(null as {{ dbt.type_string() }}) as started_before_2020
from {{ ref('vendor_lastensuojelu') }}
