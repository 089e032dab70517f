-- Changes of personal identity codes as the source contract has them.
-- Grain: one row for each change of the vendor.
-- Nothing is left out.
select
    'tiedostot' as source_system,
    muutosnumero as change_id,
    vanha_henkilotunnus as old_personal_identity_code,
    uusi_henkilotunnus as new_personal_identity_code,
    {{ sosdata.finnish_date('muutospaiva') }} as changed_on
from {{ ref('vendor_hetumuutokset') }}
