-- Decisions on social services, read and with national codes.
-- Grain: one row for each distinct source row after trimming (R1); rows_alike counts the source rows that it stands for.
-- Nothing is left out: a value that cannot be read is empty here and stands in its *_text column (C5, C5b).
with

source_rows as (
    {{ sosdata.trimmed_source_rows('decisions') }}
)

select
    source_rows.source_system,
    source_rows.decision_id,
    source_rows.client_id,
    coalesce(
        {{ sosdata.national_code('source_rows', 'organiser_code') }}, {{ sosdata.default_organiser_code() }}
    ) as organiser_code,
    source_rows.organiser_code as organiser_code_text,
    {{ sosdata.national_code('source_rows', 'social_service_code') }} as social_service_code,
    source_rows.social_service_code as social_service_code_text,
    {{ sosdata.national_code('source_rows', 'service_task_code') }} as service_task_code,
    source_rows.service_task_code as service_task_code_text,
    {{ sosdata.read_date('source_rows.decided_on') }} as decided_on,
    source_rows.decided_on as decided_on_text,
    {{ sosdata.read_date('source_rows.valid_from') }} as valid_from,
    source_rows.valid_from as valid_from_text,
    {{ sosdata.read_date('source_rows.valid_until') }} as valid_until,
    source_rows.valid_until as valid_until_text,
    {{ sosdata.national_code('source_rows', 'decision_type_code') }} as decision_type_code,
    source_rows.decision_type_code as decision_type_code_text,
    source_rows.unit,
    source_rows.rows_alike,
    source_rows.has_repeated_id,
    source_rows.is_blank,
    source_rows.holds_line_break
from source_rows
{{ sosdata.join_code_map('source_rows', 'organiser_code', 'organiser') }}
{{ sosdata.join_code_map('source_rows', 'social_service_code', 'social_service') }}
{{ sosdata.join_code_map('source_rows', 'service_task_code', 'service_task') }}
{{ sosdata.join_code_map('source_rows', 'decision_type_code', 'decision_type') }}
