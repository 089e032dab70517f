-- Clients as the source contract has them.
-- Grain: one row for each client of the vendor.
-- Nothing is left out. Words for the sex are led to national codes by code_map.
select
    'tiedostot' as source_system,
    clients.asiakastunnus as client_id,
    clients.henkilotunnus as personal_identity_code,
    {{ sosdata.municipality_code('clients', 'kotikunta') }} as home_municipality_code,
    clients.sukupuoli as sex_code,
    {{ sosdata.finnish_date('clients.muokattu') }} as updated_at,
    clients.yksikko as unit
from {{ ref('vendor_asiakkaat') }} as clients
{{ sosdata.join_municipality('clients', 'kotikunta') }}
