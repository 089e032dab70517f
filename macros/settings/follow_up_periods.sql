{% macro follow_up_periods() %}
    {%- set ids = sosdata.setting_as_list('follow_up_periods') -%}
    {%- if not ids -%}
        {%- set ids = [sosdata.latest_ended_quarter(run_started_at)] -%}
    {%- endif -%}
    {%- set periods = [] -%}
    {%- for id in ids | unique | sort -%}
        {%- do periods.append(sosdata.quarter(id)) -%}
    {%- endfor -%}
    {{ return(periods) }}
{% endmacro %}

{% macro quarter(id, setting='follow_up_periods') %}
    {%- if not modules.re.fullmatch('(19|2[0-9])[0-9]{2}Q[1-4]', id, modules.re.ASCII) -%}
        {{ exceptions.raise_compiler_error(
            setting ~ ": '" ~ id ~ "' is not a quarter. Write a year 1900-2999, Q and 1-4, for example 2024Q1."
        ) }}
    {%- endif -%}
    {{ return(sosdata.days_of_quarter(id[:4] | int, id[5] | int)) }}
{% endmacro %}

{% macro days_of_quarter(year, number) %}
    {%- set last_month = 3 * number -%}
    {%- set first_of_month = year ~ '-%02d-01' -%}
    {{ return({
        'id': year ~ 'Q' ~ number,
        'started_on': first_of_month % (last_month - 2),
        'last_month_started_on': first_of_month % last_month,
        'ended_on': year ~ '-' ~ ['03-31', '06-30', '09-30', '12-31'][number - 1],
    }) }}
{% endmacro %}

{#- That of 1900Q1 is no follow-up period, and nothing lies in it (C5). -#}
{% macro quarter_before(id) %}
    {%- set year, number = id[:4] | int, id[5] | int -%}
    {{ return(sosdata.days_of_quarter(year, number - 1) if number > 1 else sosdata.days_of_quarter(year - 1, 4)) }}
{% endmacro %}

{% macro latest_ended_quarter(moment) %}
    {%- set utc = moment.astimezone(modules.pytz.utc) -%}
    {%- set running = (utc.month - 1) // 3 + 1 -%}
    {{ return((utc.year - 1) ~ 'Q4' if running == 1 else utc.year ~ 'Q' ~ (running - 1)) }}
{% endmacro %}

{#- A3: none where the extract is of an earlier quarter than the first. -#}
{% macro quarters_until_extract() %}
    {%- set day = sosdata.day_of_extract() -%}
    {%- set last = day[:4] ~ 'Q' ~ ((day[5:7] | int - 1) // 3 + 1) -%}
    {%- set first = sosdata.analytics_from() -%}
    {%- set periods = [] -%}
    {%- for year in range(first[:4] | int, last[:4] | int + 1) -%}
        {%- for number in range(1, 5) if first <= year ~ 'Q' ~ number <= last -%}
            {%- do periods.append(sosdata.quarter(year ~ 'Q' ~ number)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(periods) }}
{% endmacro %}

{% macro analytics_from() %}
    {%- set id = (var('analytics_from') or '') ~ '' -%}
    {%- do sosdata.quarter(id, 'analytics_from') -%}
    {{ return(id) }}
{% endmacro %}
