-- The quarters of the analysts' marts: from the var analytics_from to that of the day of the extract (A3).
-- Grain: one row for each follow-up period.
-- Left out: earlier quarters, though periods and decisions of earlier days are in the marts.
{% set periods = sosdata.quarters_until_extract() %}
{% for period in periods or [sosdata.quarter('2020Q1')] %}
select
    cast('{{ period.id }}' as {{ dbt.type_string() }}) as follow_up_period,
    cast('{{ period.started_on }}' as date) as started_on,
    cast('{{ period.ended_on }}' as date) as ended_on,
    {{ sosdata.extracted_on() }} > cast('{{ period.ended_on }}' as date) as is_over
{{ 'where false' if not periods }}
{{ 'union all' if not loop.last }}
{% endfor %}
