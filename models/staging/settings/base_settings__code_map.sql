-- The code map as the county filled it in, trimmed like the extract (C3).
-- Grain: one row for each source system, classification and local code.
-- Left out: rows without anything in them, and rows that say the same again. A row that lacks a part, or contradicts
-- another, stops the build (stop_on_wrong_code_map).
{{ config(pre_hook="{{ sosdata.stop_on_wrong_code_map(ref('code_map')) }}") }}
with

trimmed as (
    select
        {{ sosdata.trimmed('source_system') }} as source_system,
        {{ sosdata.trimmed('classification') }} as classification,
        {{ sosdata.trimmed('local_code') }} as local_code,
        {{ sosdata.trimmed('national_code') }} as national_code
    from {{ ref('code_map') }}
)

select distinct
    source_system,
    classification,
    local_code,
    national_code
from trimmed
where coalesce(source_system, classification, local_code, national_code) is not null
