-- The languages of the units' lists as the county filled them in, trimmed (F9).
-- Grain: one row for each source system and unit.
-- Left out: rows without anything in them. A row that lacks its system or language, or contradicts another, stops the build
-- (stop_on_wrong_units).
{{ config(pre_hook="{{ sosdata.stop_on_wrong_units(ref('units')) }}") }}
with

units as (
    select
        {{ sosdata.trimmed('source_system') }} as source_system,
        {{ sosdata.trimmed('unit') }} as unit,
        {{ sosdata.trimmed('language') }} as language
    from {{ ref('units') }}
)

select distinct
    source_system,
    unit,
    language
from units
where coalesce(source_system, unit, language) is not null
