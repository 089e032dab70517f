-- Changes of personal identity codes as the source contract has them.
-- Grain: one row for each change of the vendor.
-- Nothing is left out.
select
    'tietokanta' as source_system,
    change_id,
    old_code as old_personal_identity_code,
    new_code as new_personal_identity_code,
    {{ sosdata.finnish_day('changed_at') }} as changed_on
from {{ source('vendor', 'identity_change') }}
