-- Client records, read and with national codes.
-- Grain: one row for each distinct source row after trimming (R1); rows_alike counts the source rows that it stands for.
-- Nothing is left out: a value that cannot be read is empty here and stands in its *_text column (C5, C5b).
with

source_rows as (
    {{ sosdata.trimmed_source_rows('clients') }}
)

select
    source_rows.source_system,
    source_rows.client_id,
    source_rows.personal_identity_code,
    {{ sosdata.national_code('source_rows', 'home_municipality_code') }} as home_municipality_code,
    source_rows.home_municipality_code as home_municipality_code_text,
    {{ sosdata.national_code('source_rows', 'sex_code') }} as sex_code,
    source_rows.sex_code as sex_code_text,
    {{ sosdata.read_moment('source_rows.updated_at') }} as updated_at,
    source_rows.updated_at as updated_at_text,
    source_rows.unit,
    source_rows.rows_alike,
    source_rows.has_repeated_id,
    source_rows.is_blank,
    source_rows.holds_line_break
from source_rows
{{ sosdata.join_code_map('source_rows', 'home_municipality_code', 'municipality') }}
{{ sosdata.join_code_map('source_rows', 'sex_code', 'sex') }}
