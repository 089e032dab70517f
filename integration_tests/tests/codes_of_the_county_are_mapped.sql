-- The package's own map knows none of the county's codes: the cases in LS, PA and VA would be rejected.
select count(distinct service_task_code) as service_tasks
from {{ ref('sosdata', 'sosdata_service_task_periods') }}
where service_task_code in ('10', '15', '20')
having count(distinct service_task_code) <> 3
