-- Section II of each follow-up period's latest version (F2).
-- Grain: one row for each follow-up period, organiser, person, service task and start of a period.
-- Left out: earlier versions, and rows of freezes that did not end or that another came before.
select
    delivered.follow_up_period,
    delivered.version,
    delivered.organiser_code,
    delivered.personal_identity_code,
    delivered.service_task_code,
    delivered.started_on,
    delivered.ended_on
from {{ ref('base_record__delivered_service_task_periods') }} as delivered
inner join {{ ref('stg_record__deliveries') }} as deliveries
    on deliveries.freeze_id = delivered.freeze_id
where deliveries.is_latest
