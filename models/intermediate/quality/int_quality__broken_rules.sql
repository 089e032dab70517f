-- Every broken rule of every source row, with what stood there; accepted exceptions are marked (Q2, Q5, Q8).
-- Grain: one row for each distinct source row and rule that it breaks; for DE07 also for each follow-up period, and for
-- CA55 one for each source system.
-- Left out: personal identity codes, wherever they stand.
with

broken as (
    select
        rules.rule_id,
        rules.severity,
        rules.source_table,
        rules.columns as column_name,
        judged.source_system,
        judged.row_id,
        judged.client_id,
        judged.follow_up_period,
        {{ sosdata.observed_value('judged', 'rules') }} as observed_value,
        judged.unit
    from {{ ref('int_quality__judged_rows') }} as judged
    inner join {{ ref('stg_settings__rules') }} as rules
        on
            rules.source_table = judged.source_table
            and {{ sosdata.holds_rule('judged.broken_rules', 'rules.rule_id') }}
    where judged.broken_rules <> ''
),

exceptions as (
    select distinct
        rule_id,
        source_system
    from {{ ref('stg_settings__quality_exceptions') }}
    where until is null or until >= {{ sosdata.extracted_on() }}
)

select
    broken.rule_id,
    broken.severity,
    broken.source_table,
    {{ sosdata.without_personal_identity_codes('broken.source_system') }} as source_system,
    {{ sosdata.without_personal_identity_codes('broken.row_id') }} as row_id,
    {{ sosdata.without_personal_identity_codes('broken.client_id') }} as client_id,
    broken.follow_up_period,
    broken.column_name,
    substring({{ sosdata.without_personal_identity_codes('broken.observed_value') }}, 1, 200) as observed_value,
    {{ sosdata.without_personal_identity_codes('broken.unit') }} as unit,
    broken.severity = 'warning' and exceptions.rule_id is not null as is_excepted
from broken
left join exceptions
    on
        exceptions.rule_id = broken.rule_id
        and exceptions.source_system = broken.source_system
