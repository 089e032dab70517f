-- The age groups of the analysts' figures, trimmed (A4).
-- Grain: one row for each age group.
-- Left out: rows without anything in them. A row that cannot be meant stops the build (stop_on_wrong_age_groups).
{{ config(pre_hook="{{ sosdata.stop_on_wrong_age_groups(ref('age_groups')) }}") }}
with

age_groups as (
    select
        {{ sosdata.trimmed('age_group') }} as age_group,
        cast({{ sosdata.trimmed('age_from') }} as {{ dbt.type_int() }}) as age_from,
        cast({{ sosdata.trimmed('age_to') }} as {{ dbt.type_int() }}) as age_to
    from {{ ref('age_groups') }}
)

select
    age_group,
    age_from,
    age_to
from age_groups
where age_group is not null
