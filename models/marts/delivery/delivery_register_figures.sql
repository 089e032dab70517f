-- What the register will count from the delivered rows: clients by service task and home municipality (F10).
-- Grain: one row for each follow-up period, organiser, service task and home municipality; empty = all of them.
-- Left out: persons without a row in section II.
with

clients as (
    select
        periods.follow_up_period,
        periods.organiser_code,
        periods.personal_identity_code,
        periods.service_task_code,
        clients.home_municipality_code
    from {{ ref('sosdata_service_task_periods') }} as periods
    inner join {{ ref('sosdata_clients') }} as clients
        on
            clients.follow_up_period = periods.follow_up_period
            and clients.organiser_code = periods.organiser_code
            and clients.personal_identity_code = periods.personal_identity_code
)

{% for task, municipality in [
    ('service_task_code', 'home_municipality_code'),
    ('service_task_code', ''),
    ('', 'home_municipality_code'),
    ('', ''),
] %}
select
    follow_up_period,
    organiser_code,
    {{ task or sosdata.empty_text() ~ ' as service_task_code' }},
    {{ municipality or sosdata.empty_text() ~ ' as home_municipality_code' }},
    cast(count(distinct personal_identity_code) as {{ dbt.type_bigint() }}) as clients
from clients
group by follow_up_period, organiser_code{{ ', ' ~ task if task }}{{ ', ' ~ municipality if municipality }}
{{ 'union all' if not loop.last }}
{% endfor %}
