-- The rows that break a rule beside the latest list that units were given: new, open, mended, or back again (F9).
-- Grain: one row for each row of quality_violations, and for each row of the latest list that is mended.
-- Left out: rows of the latest list that this build could not list: of another follow-up period, of a system that its
-- extract lacks, of a rule that is accepted now (Q8) or that this build does not judge.
{# One violation is rule, table, system, row id and period; without a row id, the whole row. #}
{% set violation = [
    'rule_id', 'source_table', 'source_system', 'row_id', 'follow_up_period',
    'case when row_id is null then severity end', 'case when row_id is null then client_id end',
    'case when row_id is null then column_name end', 'case when row_id is null then observed_value end',
    'case when row_id is null then unit end'
] | join(', ') %}
with

-- A list without a row stands in the record as a row without a rule.
stacked as (
    select
        rule_id,
        severity,
        source_table,
        source_system,
        row_id,
        client_id,
        follow_up_period,
        column_name,
        observed_value,
        unit,
        1 as is_built,
        cast(null as {{ sosdata.moment_type() }}) as listed_at
    from {{ ref('quality_violations') }}
    union all
    select
        rule_id,
        severity,
        source_table,
        source_system,
        row_id,
        client_id,
        follow_up_period,
        column_name,
        observed_value,
        unit,
        0 as is_built,
        listed_at
    from {{ ref('stg_record__listed_violations') }}
),

compared as (
    select
        *,
        max(listed_at) over () as latest_list_at,
        min(listed_at) over (partition by {{ violation }}) as first_listed_at,
        max(listed_at) over (partition by {{ violation }}) as last_listed_at,
        max(is_built) over (partition by {{ violation }}) as is_found
    from stacked
),

excepted as (
    select distinct
        rule_id,
        {{ sosdata.without_personal_identity_codes('source_system') }} as source_system
    from {{ ref('stg_settings__quality_exceptions') }}
    where until is null or until >= {{ sosdata.extracted_on() }}
),

changes as (
    select *
    from compared
    where is_built = 1
    union all
    select compared.*
    from compared
    inner join {{ ref('stg_settings__rules') }} as rules on rules.rule_id = compared.rule_id
    left join {{ ref('int_follow_up_periods') }} as periods on periods.follow_up_period = compared.follow_up_period
    left join {{ ref('int_source_systems') }} as systems on systems.source_system = compared.source_system
    left join excepted
        on
            compared.severity = 'warning'
            and excepted.rule_id = compared.rule_id
            and excepted.source_system = compared.source_system
    where
        compared.listed_at = compared.latest_list_at
        and compared.is_found = 0
        and excepted.rule_id is null
        -- Rows without a system are judged in every build.
        and (compared.source_system is null or systems.source_system is not null)
        -- What depends on a period is judged for section IV alone (DE07).
        and (
            compared.follow_up_period is null
            or (periods.follow_up_period is not null and {{ 'true' if 'IV' in sosdata.sections() else 'false' }})
        )
)

select
    rule_id,
    severity,
    source_table,
    source_system,
    row_id,
    client_id,
    follow_up_period,
    column_name,
    observed_value,
    unit,
    cast(
        case
            when is_built = 0 then 'mended'
            when first_listed_at is null then 'new'
            when last_listed_at = latest_list_at then 'open'
            else 'returned'
        end as {{ dbt.type_string() }}
    ) as status,
    first_listed_at
from changes
