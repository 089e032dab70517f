{% macro setting_as_list(name) %}
    {%- set value = var(name) -%}
    {%- if value is none -%}
        {{ return([]) }}
    {%- elif value is string -%}
        {{ return(value.replace(',', ' ').split()) }}
    {%- elif value is iterable and value is not mapping -%}
        {%- set items = [] -%}
        {%- for item in value -%}
            {%- do items.append((item ~ '').strip()) -%}
        {%- endfor -%}
        {{ return(items) }}
    {%- else -%}
        {{ return([value ~ '']) }}
    {%- endif -%}
{% endmacro %}

{% macro extracted_on() -%}
    cast('{{ sosdata.day_of_extract() }}' as date)
{%- endmacro %}

{% macro day_of_extract() %}
    {%- set given = (var('extracted_on') or '') ~ '' -%}
    {%- set day = given or run_started_at.astimezone(modules.pytz.utc).strftime('%Y-%m-%d') -%}
    {{ return(sosdata.iso_date_setting('extracted_on', day)) }}
{% endmacro %}

{% macro iso_date_setting(name, value) %}
    {%- set message = name ~ ": '" ~ value ~ "' is not a date. Write it as YYYY-MM-DD." -%}
    {%- if not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', value, modules.re.ASCII) -%}
        {{ exceptions.raise_compiler_error(message) }}
    {%- endif -%}
    {%- set year, month, day = value[:4] | int, value[5:7] | int, value[8:] | int -%}
    {%- set leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) -%}
    {%- set lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] -%}
    {%- if year < 1 or not 1 <= month <= 12 or not 1 <= day <= lengths[month - 1] -%}
        {{ exceptions.raise_compiler_error(message) }}
    {%- endif -%}
    {{ return(value) }}
{% endmacro %}

{% macro period_gap_days() %}
    {%- set value = var('period_gap_days') ~ '' -%}
    {%- if not modules.re.fullmatch('[0-9]{1,5}', value, modules.re.ASCII) -%}
        {{ exceptions.raise_compiler_error(
            "period_gap_days: '" ~ value ~ "' is not a whole number of days from 0 to 99999."
        ) }}
    {%- endif -%}
    {{ return(value | int) }}
{% endmacro %}

{% macro max_rejected_share() %}
    {%- set value = var('max_rejected_share') ~ '' -%}
    {%- if not modules.re.fullmatch('0?[.][0-9]+|[01]([.]0*)?|0[.]', value, modules.re.ASCII) -%}
        {{ exceptions.raise_compiler_error(
            "max_rejected_share: '" ~ value ~ "' is not a share from 0 to 1, such as 0.05."
        ) }}
    {%- endif -%}
    {{ return(value) }}
{% endmacro %}

{% macro sections() %}
    {%- set chosen = sosdata.setting_as_list('sections') -%}
    {%- for section in chosen if section not in sosdata.delivery_sections() | map('first') -%}
        {{ exceptions.raise_compiler_error("sections: '" ~ section ~ "' is not a section. The sections are I, II, III, IV and V.") }}
    {%- endfor -%}
    {%- for section in ['I', 'II', 'III'] if section not in chosen -%}
        {{ exceptions.raise_compiler_error("sections: section " ~ section ~ " is mandatory. Only IV and V can be left out.") }}
    {%- endfor -%}
    {{ return(chosen) }}
{% endmacro %}

{% macro decision_scope() %}
    {%- set chosen = sosdata.setting_as_list('decision_scope') -%}
    {%- for limit in chosen if limit not in ['positive', 'decided_in_period'] -%}
        {{ exceptions.raise_compiler_error(
            "decision_scope: '" ~ limit ~ "' is not a limit. The limits are positive and decided_in_period."
        ) }}
    {%- endfor -%}
    {{ return(chosen) }}
{% endmacro %}

{% macro is_included_social_service(column) -%}
    {%- set codes = sosdata.setting_as_list('social_services_included') -%}
    {%- if codes -%}
        {{ column }} in ({% for code in codes %}{{ dbt.string_literal(dbt.escape_single_quotes(code)) }}{{ ', ' if not loop.last }}{% endfor %})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- S-SCOPE: whether a section is delivered, and with which services. -#}
{% macro is_in_delivery_scope(section, social_service_code) -%}
    {{ 'true' if section in sosdata.sections() else 'false' }}
    and {{ sosdata.is_included_social_service(social_service_code) }}
{%- endmacro %}

{% macro is_true_setting(name) %}
    {%- set value = (var(name) ~ '') | lower -%}
    {%- if value not in ['true', 'false'] -%}
        {{ exceptions.raise_compiler_error(name ~ ": '" ~ value ~ "' is neither true nor false.") }}
    {%- endif -%}
    {{ return(value == 'true') }}
{% endmacro %}

{#- A trial may look into a running quarter; whoever sends one should know. -#}
{% macro warn_of_running_quarters() %}
    {%- for period in sosdata.follow_up_periods() if execute and period.ended_on >= sosdata.day_of_extract() -%}
        {%- do exceptions.warn(
            'follow_up_periods: ' ~ period.id ~ ' had not ended on ' ~ sosdata.day_of_extract()
            ~ ', the day of the extract: what comes later in it is missing.'
        ) -%}
    {%- endfor -%}
{% endmacro %}

{#- A misspelt name would build and deliver something else. Names of a dbt_project.yml cannot be seen from here. -#}
{% macro stop_on_unknown_settings() %}
    {%- set given = invocation_args_dict.vars -%}
    {%- set given = fromyaml(given) if given is string else given -%}
    {%- set known = sosdata.setting_names() + sosdata.setting_as_list('own_settings') -%}
    {%- for name in given or {} if name not in known -%}
        {{ exceptions.raise_compiler_error(
            "'" ~ name ~ "' is not a setting; docs/settings.md lists them."
            ~ (
                '' if project_name == 'sosdata' else
                ' A var of your own project is named in the var own_settings, or stands in its dbt_project.yml.'
            )
        ) }}
    {%- endfor -%}
{% endmacro %}

{% macro setting_names() %}
    {%- set names = [
        'follow_up_periods', 'organiser_code', 'extracted_on', 'period_gap_days', 'sections', 'decision_scope',
        'social_services_included', 'max_rejected_share', 'allow_provisional_codes', 'source_database', 'source_schema',
        'own_settings', 'own_rules', 'own_rules_model', 'analytics_from', 'analytics_readers',
        'record_schema', 'delivery_formats', 'delivery_delimiter', 'delivery_encoding', 'delivery_line_end',
        'delivery_header_language',
    ] -%}
    {%- for table in sosdata.source_contract() -%}
        {%- do names.append('source_table_' ~ table) -%}
        {%- do names.append('source_model_' ~ table) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}

{#- Vars only: no environment, where passwords are. -#}
{% macro settings_in_effect() %}
    {%- set settings = {} -%}
    {%- for name in sosdata.setting_names() -%}
        {%- do settings.update({name: (var(name) or '') ~ ''}) -%}
    {%- endfor -%}
    {%- do settings.update({
        'follow_up_periods': sosdata.follow_up_periods() | map(attribute='id') | list,
        'extracted_on': sosdata.day_of_extract(),
        'period_gap_days': sosdata.period_gap_days(),
        'sections': sosdata.sections(),
        'decision_scope': sosdata.decision_scope(),
        'social_services_included': sosdata.setting_as_list('social_services_included'),
        'max_rejected_share': sosdata.max_rejected_share(),
        'allow_provisional_codes': sosdata.is_true_setting('allow_provisional_codes'),
        'own_settings': sosdata.setting_as_list('own_settings'),
        'analytics_from': sosdata.analytics_from(),
        'analytics_readers': sosdata.setting_as_list('analytics_readers'),
    }) -%}
    {%- do settings.update(sosdata.delivery_layout()) -%}
    {{ return(settings) }}
{% endmacro %}

{% macro stop_on_wrong_settings() %}
    {%- do sosdata.stop_on_unknown_settings() -%}
    {%- do sosdata.follow_up_periods() -%}
    {%- do sosdata.extracted_on() -%}
    {%- do sosdata.warn_of_running_quarters() -%}
    {%- do sosdata.period_gap_days() -%}
    {%- do sosdata.max_rejected_share() -%}
    {%- do sosdata.sections() -%}
    {%- do sosdata.decision_scope() -%}
    {%- do sosdata.is_true_setting('allow_provisional_codes') -%}
    {%- do sosdata.analytics_from() -%}
    {%- do sosdata.analytics_readers() -%}
    {%- do sosdata.stop_on_wrong_record_schema() -%}
    {%- do sosdata.delivery_layout() -%}
{% endmacro %}

{#- The demo is what is built where nothing says what to build (C6). Its seeds are enabled by the same condition. -#}
{% macro is_demo() %}
    {{ return(
        sosdata.extract_is_files() and not sosdata.tables_of_models()
        and env_var('SOSDATA_SOURCE_DIR', '(not set)') == '(not set)'
    ) }}
{% endmacro %}

{#- The engine has a catalog and a schema of these names; a model would be looked for in the wrong one. -#}
{% macro stop_on_name_of_the_engine() %}
    {%- if execute and target.type == 'duckdb' and target.database | lower in
        ['main', 'temp', 'system', 'information_schema', 'pg_catalog', 'loaded_record', sosdata.source_schema()] -%}
        {%- do sosdata.stop(
            'The database ' ~ target.path ~ ' has a name that the engine keeps for itself: choose another file name.'
        ) -%}
    {%- endif -%}
{% endmacro %}

{#- Wherever the demo's own command builds it, its database lies in the demo's folder; anything else may be real. -#}
{% macro stop_on_demo_in_a_real_database() %}
    {%- if execute and sosdata.changes_relations() and sosdata.is_demo() -%}
        {%- set folder = env_var('SOSDATA_DEMO_DIR', 'demo') -%}
        {%- set path = (target.path or '') | string -%}
        {%- if not path.startswith(folder ~ '/') or '..' in path -%}
            {%- do sosdata.stop(
                'SOSDATA_SOURCE_DIR is not set, and the demo is built into ' ~ folder ~ '/ alone, not into the database '
                ~ path ~ '. Set SOSDATA_SOURCE_DIR to the folder of your extract, or use make build for the demo.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
