-- The explanations of measures that this build reads: the county's, in the demo with the demo's own of the periods built (M2).
-- Grain: one row for each measure, follow-up period, organiser, service task, source system and reason.
-- Left out: the demo's explanations of other periods.
select
    measure_id,
    follow_up_period,
    organiser_code,
    service_task_code,
    source_system,
    reason
from {{ ref('base_settings__measure_explanations') }}
{% if sosdata.is_demo() %}
union all
select
    measure_id,
    follow_up_period,
    organiser_code,
    service_task_code,
    source_system,
    reason
from {{ ref('demo_measure_explanations') }}
where follow_up_period in ('{{ sosdata.follow_up_periods() | map(attribute='id') | join("', '") }}')
{% endif %}
