-- The county's mapping reads its marks: without it the case of client k2 would be rejected, and its period from 2020 missing.
select count(*) as periods_from_2020
from {{ ref('sosdata', 'sosdata_service_task_periods') }}
where
    service_task_code = '20'
    and started_on = cast('2020-01-01' as date)
    and ended_on is null
having count(*) <> 1
