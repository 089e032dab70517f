-- Q8: errors cannot be excepted, and an exception names a rule of the catalogue.
select
    exceptions.rule_id,
    exceptions.source_system
from {{ ref('stg_settings__quality_exceptions') }} as exceptions
left join {{ ref('stg_settings__rules') }} as rules
    on rules.rule_id = exceptions.rule_id
where rules.severity is null or rules.severity <> 'warning'
