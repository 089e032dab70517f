-- The rules of this build: the project's catalogue, and the county's own rules (var own_rules).
-- Grain: one row for each rule.
-- Nothing is left out. A row of own rules that lacks a part stops the build (stop_on_wrong_own_rules).
{% if sosdata.has_own_rules() %}
{{ config(pre_hook="{{ sosdata.stop_on_wrong_own_rules(ref(var('own_rules'))) }}") }}
{% endif %}
select
    rule_id,
    severity,
    fault,
    source_table,
    section,
    columns,
    mend_in,
    text_en,
    text_sv,
    text_fi,
    false as is_own
from {{ ref('quality_rules') }}
{% if sosdata.has_own_rules() %}
union all
select
    {{ sosdata.trimmed('rule_id') }} as rule_id,
    {{ sosdata.trimmed('severity') }} as severity,
    case when {{ sosdata.trimmed('mend_in') }} = 'record' then 'entry' else 'extract' end as fault,
    {{ sosdata.trimmed('source_table') }} as source_table,
    {{ sosdata.empty_text() }} as section,
    {{ sosdata.trimmed('columns') }} as columns,
    {{ sosdata.trimmed('mend_in') }} as mend_in,
    text_en,
    text_sv,
    text_fi,
    true as is_own
from {{ ref(var('own_rules')) }}
where {{ sosdata.trimmed('rule_id') }} is not null
{% endif %}
