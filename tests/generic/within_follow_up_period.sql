{#- What starts after the period is not seen, and neither is an end after it (P3, P4). -#}
{% test within_follow_up_period(model, started_on, ended_on) %}
select delivered.*
from {{ model }} as delivered
left join {{ ref('int_follow_up_periods') }} as follow_up
    on follow_up.follow_up_period = delivered.follow_up_period
where
    follow_up.follow_up_period is null
    or delivered.{{ started_on }} > follow_up.ended_on
    or delivered.{{ ended_on }} > follow_up.ended_on
    or delivered.{{ ended_on }} < follow_up.started_on
{% endtest %}
