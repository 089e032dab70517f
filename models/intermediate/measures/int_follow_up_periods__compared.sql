-- Each follow-up period of this build and the quarter before it, which need not be built (M1).
-- Grain: one row for each follow-up period and quarter.
-- Nothing is left out.
{% for period in sosdata.follow_up_periods() %}
{% for quarter in [sosdata.quarter_before(period.id), period] %}
select
    cast('{{ period.id }}' as {{ dbt.type_string() }}) as follow_up_period,
    cast('{{ quarter.id }}' as {{ dbt.type_string() }}) as quarter_id,
    {{ 'true' if quarter.id == period.id else 'false' }} as is_period,
    cast('{{ quarter.started_on }}' as date) as started_on,
    cast('{{ quarter.last_month_started_on }}' as date) as last_month_started_on,
    cast('{{ quarter.ended_on }}' as date) as ended_on
{{ 'union all' if not loop.last }}
{% endfor %}
{{ 'union all' if not loop.last }}
{% endfor %}
