-- K5: provisional codes are for trying things out; the files for the register are not written while one is left.
{{ config(severity='warn') }}
select *
from {{ ref('delivery_provisional_codes') }}
where {{ 'false' if sosdata.is_true_setting('allow_provisional_codes') else 'true' }}
