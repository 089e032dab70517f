-- The accepted exceptions as the county filled them in, trimmed (Q8).
-- Grain: one row for each rule, source system and last day.
-- Left out: rows without anything in them. A wrong row stops the build (stop_on_wrong_quality_exceptions).
{{ config(pre_hook="{{ sosdata.stop_on_wrong_quality_exceptions(ref('quality_exceptions')) }}") }}
with

exceptions as (
    select
        {{ sosdata.trimmed('rule_id') }} as rule_id,
        {{ sosdata.trimmed('source_system') }} as source_system,
        {{ sosdata.read_date(sosdata.trimmed('until')) }} as until
    from {{ ref('quality_exceptions') }}
    {% if sosdata.is_demo() %}
    union all
    select
        rule_id,
        source_system,
        cast(until as date) as until
    from {{ ref('demo_quality_exceptions') }}
    {% endif %}
)

select distinct
    rule_id,
    source_system,
    until
from exceptions
where rule_id is not null or source_system is not null
