-- Decisions in force during each follow-up period, and negative decisions made during it (S-IV, S-T, S-SCOPE).
-- Grain: one row for each follow-up period and decision.
-- Left out: rejected decisions, decisions outside the period or the scope of the delivery, and those whose inferred task
-- is not delivered. Decisions without a task (DE07) are here: the mart leaves them out and quality_violations lists them.
{% set errors = [
    ('DE07', 'true', 'delivered_service_task_code is null'),
] %}
{% set only_positive = 'positive' in sosdata.decision_scope() %}
{% set only_decided_in_period = 'decided_in_period' in sosdata.decision_scope() %}
with

decisions as (
    select
        source_system,
        decision_id,
        client_id,
        organiser_code,
        person_id,
        social_service_code,
        service_task_code,
        decided_on,
        valid_from,
        effective_from,
        valid_until,
        decision_type_code,
        decision_meaning,
        unit
    from {{ ref('int_decisions__checked') }}
    where
        is_accepted
        and is_in_scope
        and {{ sosdata.is_in_delivery_scope('IV', 'social_service_code') }}
        and (decision_meaning <> 'negative' or not {{ only_positive | lower }})
),

in_follow_up_period as (
    select
        follow_up.follow_up_period,
        decisions.*
    from decisions
    inner join {{ ref('int_follow_up_periods') }} as follow_up
        on
            (decisions.decided_on is null or decisions.decided_on <= follow_up.ended_on)
            and case
                when decisions.decision_meaning = 'negative' or {{ only_decided_in_period | lower }}
                    then decisions.decided_on >= follow_up.started_on
                else {{ sosdata.overlaps(
                    'decisions.effective_from', 'decisions.valid_until', 'follow_up.started_on', 'follow_up.ended_on'
                ) }}
            end
),

with_service_task as (
    {{ sosdata.with_inferred_task('in_follow_up_period') }}
)

select
    decisions.follow_up_period,
    decisions.organiser_code,
    decisions.person_id,
    decisions.social_service_code,
    decisions.delivered_service_task_code as service_task_code,
    decisions.decided_on,
    decisions.valid_from,
    decisions.effective_from,
    decisions.valid_until,
    {{ sosdata.effective_decision_type('decisions.decision_type_code') }} as decision_type_code,
    decisions.source_system,
    decisions.decision_id,
    decisions.client_id,
    decisions.unit,
    {{ sosdata.judged_list(errors) }} as judged_rules,
    {{ sosdata.broken_list(errors) }} as broken_rules
from with_service_task as decisions
