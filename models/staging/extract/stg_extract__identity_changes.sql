-- Changes of personal identity codes, as the systems recorded them.
-- Grain: one row for each distinct source row after trimming (R1); rows_alike counts the source rows that it stands for.
-- Nothing is left out: a value that cannot be read is empty here and stands in its *_text column (C5, C5b).
with

source_rows as (
    {{ sosdata.trimmed_source_rows('identity_changes') }}
)

select
    source_rows.source_system,
    source_rows.change_id,
    source_rows.old_personal_identity_code,
    source_rows.new_personal_identity_code,
    source_rows.changed_on,
    source_rows.unit,
    source_rows.rows_alike,
    source_rows.has_repeated_id,
    source_rows.is_blank,
    source_rows.holds_line_break
from source_rows
