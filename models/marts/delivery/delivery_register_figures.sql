-- What the register will count from the delivered rows: clients by service task and home municipality (F10).
-- Grain: one row for each follow-up period, organiser, service task and home municipality; empty = all of them.
-- Left out: persons without a row in section II.
select
    periods.follow_up_period,
    periods.organiser_code,
    periods.service_task_code,
    clients.home_municipality_code,
    cast(count(distinct periods.personal_identity_code) as {{ dbt.type_bigint() }}) as clients
from {{ ref('sosdata_service_task_periods') }} as periods
inner join {{ ref('sosdata_clients') }} as clients
    on
        clients.follow_up_period = periods.follow_up_period
        and clients.organiser_code = periods.organiser_code
        and clients.personal_identity_code = periods.personal_identity_code
group by grouping sets (
    (periods.follow_up_period, periods.organiser_code, periods.service_task_code, clients.home_municipality_code),
    (periods.follow_up_period, periods.organiser_code, periods.service_task_code),
    (periods.follow_up_period, periods.organiser_code, clients.home_municipality_code),
    (periods.follow_up_period, periods.organiser_code)
)
