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
    {%- set year = id[:4] -%}
    {%- set first_days = {'1': '01-01', '2': '04-01', '3': '07-01', '4': '10-01'} -%}
    {%- set last_days = {'1': '03-31', '2': '06-30', '3': '09-30', '4': '12-31'} -%}
    {{ return({
        'id': id,
        'started_on': year ~ '-' ~ first_days[id[5]],
        'ended_on': year ~ '-' ~ last_days[id[5]],
    }) }}
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
