-- The source systems and tables that the county expects in every extract, trimmed (Q4).
-- Grain: one row for each source system and source table.
-- Left out: rows without anything in them. A row that lacks a part stops the build (stop_on_wrong_expected_sources).
{{ config(pre_hook="{{ sosdata.stop_on_wrong_expected_sources(ref('expected_sources')) }}") }}
with

expected as (
    select
        {{ sosdata.trimmed('source_system') }} as source_system,
        {{ sosdata.trimmed('source_table') }} as source_table
    from {{ ref('expected_sources') }}
)

select distinct
    source_system,
    source_table
from expected
where source_system is not null or source_table is not null
