-- The follow-up periods of this build (var follow_up_periods; P1, P2).
-- Grain: one row for each follow-up period.
{% for period in sosdata.follow_up_periods() %}
select
    cast('{{ period.id }}' as {{ dbt.type_string() }}) as follow_up_period,
    cast('{{ period.started_on }}' as date) as started_on,
    cast('{{ period.ended_on }}' as date) as ended_on
{{ 'union all' if not loop.last }}
{% endfor %}
