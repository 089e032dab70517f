{% test interval_order(model, started_on, ended_on) %}
select *
from {{ model }}
where {{ ended_on }} < {{ started_on }}
{% endtest %}
