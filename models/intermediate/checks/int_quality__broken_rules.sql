-- Every broken rule of every source row, with what stood there; accepted exceptions are marked (Q2, Q5, Q8).
-- Grain: one row for each distinct source row and rule that it breaks; for DE07 also for each follow-up period, and for
-- CA55 one for each source system.
-- Left out: personal identity codes, wherever they stand.
with

rules as (
    select
        rule_id,
        severity,
        source_table,
        columns
    from {{ ref('quality_rules') }}
),

{% for table, model, row_id in sosdata.checked_tables() %}
broken_{{ table }} as (
    select
        rules.rule_id,
        checked.source_system,
        checked.{{ row_id }} as row_id,
        checked.client_id,
        {{ sosdata.no_text() }} as follow_up_period,
        {{ sosdata.observed_value(table, 'checked', 'rules') }} as observed_value,
        checked.unit
    from {{ ref(model) }} as checked
    inner join rules
        on
            rules.source_table = '{{ table }}'
            and checked.broken_rules like '%' || rules.rule_id || '%'
    where checked.broken_rules <> ''
),

{% endfor %}
decisions_without_task as (
    select
        'DE07' as rule_id,
        source_system,
        decision_id as row_id,
        client_id,
        follow_up_period,
        {{ sosdata.no_text() }} as observed_value,
        unit
    from {{ ref('int_decisions__by_follow_up_period') }}
    where service_task_code is null
),

systems_with_assumed_starts as (
    select
        'CA55' as rule_id,
        source_system,
        {{ sosdata.no_text() }} as row_id,
        {{ sosdata.no_text() }} as client_id,
        {{ sosdata.no_text() }} as follow_up_period,
        {{ sosdata.no_text() }} as observed_value,
        {{ sosdata.no_text() }} as unit
    from {{ ref('int_cases__assumed_starts') }}
    where is_too_many
),

all_broken as (
    {% for table, model, row_id in sosdata.checked_tables() %}
    select
        rule_id,
        source_system,
        row_id,
        client_id,
        follow_up_period,
        observed_value,
        unit
    from broken_{{ table }}
    union all
    {% endfor %}
    select
        rule_id,
        source_system,
        row_id,
        client_id,
        follow_up_period,
        observed_value,
        unit
    from decisions_without_task
    union all
    select
        rule_id,
        source_system,
        row_id,
        client_id,
        follow_up_period,
        observed_value,
        unit
    from systems_with_assumed_starts
),

exceptions as (
    select distinct
        rule_id,
        source_system
    from {{ ref('stg_settings__quality_exceptions') }}
    where until is null or until >= {{ sosdata.extracted_on() }}
)

select
    rules.rule_id,
    rules.severity,
    rules.source_table,
    {{ sosdata.without_personal_identity_codes('all_broken.source_system') }} as source_system,
    {{ sosdata.without_personal_identity_codes('all_broken.row_id') }} as row_id,
    {{ sosdata.without_personal_identity_codes('all_broken.client_id') }} as client_id,
    all_broken.follow_up_period,
    rules.columns as column_name,
    substring({{ sosdata.without_personal_identity_codes('all_broken.observed_value') }}, 1, 200) as observed_value,
    {{ sosdata.without_personal_identity_codes('all_broken.unit') }} as unit,
    rules.severity = 'warning' and exceptions.rule_id is not null as is_excepted
from all_broken
inner join rules
    on rules.rule_id = all_broken.rule_id
left join exceptions
    on
        exceptions.rule_id = all_broken.rule_id
        and exceptions.source_system = all_broken.source_system
