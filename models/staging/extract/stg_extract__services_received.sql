-- Services received, read and with national codes.
-- Grain: one row for each distinct source row after trimming (R1); rows_alike counts the source rows that it stands for.
-- Nothing is left out: a value that cannot be read is empty here and stands in its *_text column (C5, C5b).
with

source_rows as (
    {{ sosdata.trimmed_source_rows('services_received') }}
)

select
    source_rows.source_system,
    source_rows.record_id,
    source_rows.client_id,
    coalesce(
        {{ sosdata.national_code('source_rows', 'organiser_code') }}, {{ sosdata.default_organiser_code() }}
    ) as organiser_code,
    source_rows.organiser_code as organiser_code_text,
    {{ sosdata.national_code('source_rows', 'social_service_code') }} as social_service_code,
    source_rows.social_service_code as social_service_code_text,
    {{ sosdata.national_code('source_rows', 'service_task_code') }} as service_task_code,
    source_rows.service_task_code as service_task_code_text,
    {{ sosdata.read_date('source_rows.started_on') }} as started_on,
    source_rows.started_on as started_on_text,
    {{ sosdata.read_date('source_rows.ended_on') }} as ended_on,
    source_rows.ended_on as ended_on_text,
    source_rows.follow_up_period,
    source_rows.unit,
    source_rows.rows_alike,
    source_rows.has_repeated_id,
    source_rows.is_blank,
    source_rows.holds_line_break
from source_rows
{{ sosdata.join_code_map('source_rows', 'organiser_code', 'organiser') }}
{{ sosdata.join_code_map('source_rows', 'social_service_code', 'social_service') }}
{{ sosdata.join_code_map('source_rows', 'service_task_code', 'service_task') }}
