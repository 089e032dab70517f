-- Section IV of each follow-up period's latest version (F2).
-- Grain: one row for each follow-up period, decision; rows may be alike.
-- Left out: earlier versions, and rows of freezes that did not end or that another came before.
select
    delivered.follow_up_period,
    delivered.version,
    delivered.organiser_code,
    delivered.personal_identity_code,
    delivered.social_service_code,
    delivered.service_task_code,
    delivered.decided_on,
    delivered.valid_from,
    delivered.valid_until,
    delivered.decision_type_code
from {{ ref('base_record__delivered_decisions') }} as delivered
inner join {{ ref('stg_record__deliveries') }} as deliveries
    on deliveries.freeze_id = delivered.freeze_id
where deliveries.is_latest
