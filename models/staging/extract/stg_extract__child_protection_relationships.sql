-- Child protection client relationships, read and with national codes.
-- Grain: one row for each distinct source row after trimming (R1); rows_alike counts the source rows that it stands for.
-- Nothing is left out: a value that cannot be read is empty here and stands in its *_text column (C5, C5b).
with

source_rows as (
    {{ sosdata.trimmed_source_rows('child_protection_relationships') }}
)

select
    source_rows.source_system,
    source_rows.relationship_id,
    source_rows.client_id,
    coalesce(
        {{ sosdata.national_code('source_rows', 'organiser_code') }}, {{ sosdata.default_organiser_code() }}
    ) as organiser_code,
    source_rows.organiser_code as organiser_code_text,
    {{ sosdata.read_date('source_rows.started_on') }} as recorded_started_on,
    source_rows.started_on as started_on_text,
    {{ sosdata.read_date('source_rows.ended_on') }} as ended_on,
    source_rows.ended_on as ended_on_text,
    {{ sosdata.read_mark('source_rows.started_before_2020') }} as started_before_2020,
    source_rows.started_before_2020 as started_before_2020_text,
    source_rows.unit,
    source_rows.rows_alike,
    source_rows.has_repeated_id,
    source_rows.is_blank,
    source_rows.holds_line_break
from source_rows
{{ sosdata.join_code_map('source_rows', 'organiser_code', 'organiser') }}
