-- Q5. Counts instead of rows: a failing test must not carry codes into logs.
select count(*) as rows_with_code
from {{ ref('quality_violations') }}
where
    source_system <> {{ sosdata.without_personal_identity_codes('source_system') }}
    or row_id <> {{ sosdata.without_personal_identity_codes('row_id') }}
    or client_id <> {{ sosdata.without_personal_identity_codes('client_id') }}
    or unit <> {{ sosdata.without_personal_identity_codes('unit') }}
    or observed_value <> {{ sosdata.without_personal_identity_codes('observed_value') }}
having count(*) > 0
