-- The rows that break a rule beside the latest list that units were given: new, open, mended, or back again (F9).
-- Grain: one row for each row of quality_violations, and for each row of the latest list that is mended.
-- Left out: rows of the latest list that this build could not list: of another follow-up period, of a system that its
-- extract lacks, of a rule that is accepted now (Q8) or that this build does not judge.
{% set columns = [
    'rule_id', 'severity', 'source_table', 'source_system', 'row_id', 'client_id', 'follow_up_period', 'column_name',
    'observed_value', 'unit'
] %}
{# One violation is these; without a row id, the whole row. #}
{% set keys = ['rule_id', 'source_table', 'source_system', 'row_id', 'follow_up_period'] %}
{% set rest = columns | reject('in', keys) | list %}
with

built as (
    select
        {% for column in keys %}
        coalesce({{ column }}, '') as key_{{ column }},
        {% endfor %}
        {% for column in rest %}
        case when row_id is null then coalesce({{ column }}, '') else '' end as key_{{ column }},
        {% endfor %}
        {{ columns | join(', ') }}
    from {{ ref('quality_violations') }}
),

listed as (
    select
        {% for column in keys %}
        coalesce({{ column }}, '') as key_{{ column }},
        {% endfor %}
        {% for column in rest %}
        case when row_id is null then coalesce({{ column }}, '') else '' end as key_{{ column }},
        {% endfor %}
        {{ columns | join(', ') }},
        listed_at,
        max(listed_at) over () as last_list_at
    from {{ ref('stg_record__listed_violations') }}
),

-- A list without a row stands in the record as a row without a rule.
seen as (
    select
        {% for column in columns %}
        key_{{ column }},
        {% endfor %}
        min(listed_at) as first_listed_at,
        max(listed_at) as last_listed_at,
        max(last_list_at) as last_list_at
    from listed
    where rule_id is not null
    group by {% for column in columns %}key_{{ column }}{{ ', ' if not loop.last }}{% endfor %}
),

excepted as (
    select distinct
        rule_id,
        {{ sosdata.without_personal_identity_codes('source_system') }} as source_system
    from {{ ref('stg_settings__quality_exceptions') }}
    where until is null or until >= {{ sosdata.extracted_on() }}
),

found_again as (
    select distinct
        {% for column in columns %}
        key_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from built
),

mended as (
    select
        {% for column in columns %}
        listed.{{ column }},
        {% endfor %}
        seen.first_listed_at
    from listed
    inner join seen
        on
            {% for column in columns %}
            {{ 'and ' if not loop.first }}seen.key_{{ column }} = listed.key_{{ column }}
            {% endfor %}
    inner join {{ ref('stg_settings__rules') }} as rules on rules.rule_id = listed.rule_id
    left join {{ ref('int_follow_up_periods') }} as periods on periods.follow_up_period = listed.follow_up_period
    left join {{ ref('int_source_systems') }} as systems on systems.source_system = listed.source_system
    left join excepted
        on
            listed.severity = 'warning'
            and excepted.rule_id = listed.rule_id
            and excepted.source_system = listed.source_system
    left join found_again
        on
            {% for column in columns %}
            {{ 'and ' if not loop.first }}found_again.key_{{ column }} = listed.key_{{ column }}
            {% endfor %}
    where
        listed.listed_at = listed.last_list_at
        and found_again.key_rule_id is null
        and excepted.rule_id is null
        -- Rows without a system are judged in every build.
        and (listed.source_system is null or systems.source_system is not null)
        -- What depends on a period is judged for section IV alone (DE07).
        and (
            listed.follow_up_period is null
            {% if 'IV' in sosdata.sections() %}
            or periods.follow_up_period is not null
            {% endif %}
        )
)

select
    {% for column in columns %}
    built.{{ column }},
    {% endfor %}
    cast(
        case
            when seen.first_listed_at is null then 'new'
            when seen.last_listed_at = seen.last_list_at then 'open'
            else 'returned'
        end as {{ dbt.type_string() }}
    ) as status,
    seen.first_listed_at
from built
left join seen
    on
        {% for column in columns %}
        {{ 'and ' if not loop.first }}seen.key_{{ column }} = built.key_{{ column }}
        {% endfor %}
union all
select
    {{ columns | join(', ') }},
    cast('mended' as {{ dbt.type_string() }}) as status,
    first_listed_at
from mended
