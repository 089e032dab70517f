-- The source systems that stand in any table of the extract, as lists show them (Q5).
-- Grain: one row for each source system; an empty one for rows that name none, or for an extract without rows.
-- Nothing is left out.
with

named as (
    {% for table, model, row_id in sosdata.checked_tables() %}
    select source_system
    from {{ ref(model) }}
    union
    {% endfor %}
    select {{ sosdata.no_text() }} as source_system
    where not exists (
        {% for table, model, row_id in sosdata.checked_tables() %}
        select 1 as found
        from {{ ref(model) }}
        {{ 'union all' if not loop.last }}
        {% endfor %}
    )
)

select distinct {{ sosdata.without_personal_identity_codes('source_system') }} as source_system
from named
