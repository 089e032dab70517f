-- Cases of the county, in the place of the package's model: its system marks with K (kyllä, yes) and E (ei, no).
-- Grain: one row for each distinct source row after trimming (R1); rows_alike counts the source rows that it stands for.
-- Nothing is left out: a value that cannot be read is empty here and stands in its *_text column (C5, C5b).
with

source_rows as (
    {{ sosdata.trimmed_source_rows('cases') }}
)

select
    source_rows.source_system,
    source_rows.case_id,
    source_rows.client_id,
    coalesce(
        {{ sosdata.national_code('source_rows', 'organiser_code') }}, {{ sosdata.default_organiser_code() }}
    ) as organiser_code,
    source_rows.organiser_code as organiser_code_text,
    {{ sosdata.national_code('source_rows', 'service_task_code') }} as service_task_code,
    source_rows.service_task_code as service_task_code_text,
    {{ sosdata.read_date('source_rows.opened_on') }} as opened_on,
    source_rows.opened_on as opened_on_text,
    {{ sosdata.read_date('source_rows.closed_on') }} as closed_on,
    source_rows.closed_on as closed_on_text,
    case
        when source_rows.opened_before_2020 is null or source_rows.opened_before_2020 = 'E' then false
        when source_rows.opened_before_2020 = 'K' then true
    end as opened_before_2020,
    source_rows.opened_before_2020 as opened_before_2020_text,
    source_rows.unit,
    source_rows.rows_alike,
    source_rows.has_repeated_id,
    source_rows.is_blank,
    source_rows.holds_line_break
from source_rows
{{ sosdata.join_code_map('source_rows', 'organiser_code', 'organiser') }}
{{ sosdata.join_code_map('source_rows', 'service_task_code', 'service_task') }}
