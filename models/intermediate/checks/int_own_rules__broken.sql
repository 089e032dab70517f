-- Rows that break a county's own rule, as its model tells them (var own_rules_model).
-- Grain: one row for each rule, source system and row id.
-- Left out: nothing of a known rule; a row of an unknown one stops the build (stop_on_unknown_own_rules).
{% if sosdata.has_own_rules() %}
{{ config(pre_hook="{{ sosdata.stop_on_unknown_own_rules(ref(var('own_rules_model')), ref('stg_settings__rules')) }}") }}
select distinct
    rules.rule_id,
    rules.severity,
    rules.source_table,
    {{ sosdata.trimmed('broken.source_system') }} as source_system,
    {{ sosdata.trimmed('broken.row_id') }} as row_id
from {{ ref(var('own_rules_model')) }} as broken
inner join {{ ref('stg_settings__rules') }} as rules
    on
        rules.is_own
        and rules.rule_id = {{ sosdata.trimmed('broken.rule_id') }}
{% else %}
select
    rule_id,
    severity,
    source_table,
    {{ sosdata.empty_text() }} as source_system,
    {{ sosdata.empty_text() }} as row_id
from {{ ref('stg_settings__rules') }}
where 1 = 0
{% endif %}
