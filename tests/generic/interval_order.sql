{% test interval_order(model, started_on, ended_on) %}
select *
from {{ sosdata.rows_or_none(model, [started_on, ended_on]) }}
where {{ ended_on }} < {{ started_on }}
{% endtest %}
