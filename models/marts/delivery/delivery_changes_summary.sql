-- How many rows and persons this build differs by from the latest deliveries (F8), without persons.
-- Grain: one row for each follow-up period, section, service task and kind of change.
-- Left out: what does not differ.
select
    follow_up_period,
    version,
    section,
    service_task_code,
    change,
    cast(count(*) as {{ dbt.type_bigint() }}) as {{ adapter.quote('rows') }},
    cast(count(distinct personal_identity_code) as {{ dbt.type_bigint() }}) as persons
from {{ ref('delivery_changes') }}
group by follow_up_period, version, section, service_task_code, change
