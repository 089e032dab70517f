-- The source systems that stand in any table of the extract, as lists show them (Q5).
-- Grain: one row for each source system; an empty one for rows that name none, or for an extract without rows.
-- Nothing is left out.
with

systems as (
    select source_system
    from {{ ref('int_quality__row_counts') }}
    where row_kind = 'source_row'
)

select source_system
from systems
union
select {{ sosdata.empty_text() }} as source_system
where not exists (select 1 as found from systems)
