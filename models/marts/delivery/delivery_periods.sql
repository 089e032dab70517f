-- The follow-up periods of this build and the settings that they were built with.
-- Grain: one row for each follow-up period.
-- Nothing is left out: a period without rows to deliver is here too (P5).
{% set sections = sosdata.sections() | join(' ') %}
{% set limits = sosdata.decision_scope() | join(' ') %}
{% set services = sosdata.setting_as_list('social_services_included') | join(' ') %}
with

events as (
    select
        periods.follow_up_period,
        sum(events.events) as recorded_events
    from {{ ref('int_follow_up_periods') }} as periods
    inner join {{ ref('int_measures__events') }} as events
        on events.recorded_on between periods.started_on and periods.ended_on
    group by periods.follow_up_period
)

select
    periods.follow_up_period,
    periods.started_on,
    periods.ended_on,
    {{ sosdata.extracted_on() }} as extracted_on,
    periods.ended_on < {{ sosdata.extracted_on() }} as has_ended,
    {{ sosdata.text_or_empty(sections) }} as sections,
    {{ sosdata.text_or_empty(limits) }} as decision_scope,
    {{ sosdata.text_or_empty(services) }} as social_services_included,
    cast({{ sosdata.period_gap_days() }} as {{ dbt.type_int() }}) as period_gap_days,
    {{ sosdata.is_true_setting('allow_provisional_codes') | lower }} as allow_provisional_codes,
    cast(coalesce(events.recorded_events, 0) as {{ dbt.type_bigint() }}) as recorded_events
from {{ ref('int_follow_up_periods') }} as periods
left join events
    on events.follow_up_period = periods.follow_up_period
