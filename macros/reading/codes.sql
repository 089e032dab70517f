{#- The map is applied first and once, to every code that the source gives (C3). -#}
{% macro join_code_map(from, column, classification) -%}
    left join {{ ref('stg_settings__code_map') }} as {{ column }}_map
        on
            {{ column }}_map.classification = '{{ classification }}'
            and {{ column }}_map.source_system = {{ from }}.source_system
            and {{ column }}_map.local_code = {{ from }}.{{ column }}
{%- endmacro %}

{% macro national_code(from, column) -%}
    coalesce({{ column }}_map.national_code, {{ from }}.{{ column }})
{%- endmacro %}

{#- An organiser that the source leaves empty is the county itself (C2). A model of another project, in the place of
    one of the package's, does not see the package's default. -#}
{% macro default_organiser_code() -%}
    {%- set code = ((var('organiser_code', '') or '') ~ '').strip() -%}
    {{ dbt.string_literal(dbt.escape_single_quotes(code)) if code else sosdata.no_text() }}
{%- endmacro %}

{#- Both validity days are included, and an empty one is open (R4). -#}
{% macro was_in_force(codes, started_on, ended_on) -%}
    ({{ codes }}.valid_from is null or {{ codes }}.valid_from <= {{ ended_on }})
    and ({{ codes }}.valid_to is null or {{ codes }}.valid_to >= {{ started_on }})
{%- endmacro %}

{#- Without an end, a start after the extract is judged by that day alone (R4). -#}
{% macro last_day_to_judge(started_on, ended_on) -%}
    coalesce({{ ended_on }}, greatest({{ started_on }}, {{ sosdata.extracted_on() }}))
{%- endmacro %}

{#- A pattern that is data is slow to match: each code is matched once, not each row. -#}
{% macro unverified_social_services(rows) -%}
    select codes.code
    from (select distinct social_service_code as code from {{ rows }}) as codes
    inner join {{ ref('classifications') }} as lists
        on
            lists.classification = 'social_service'
            and not lists.is_complete
            and (trim(coalesce(lists.code_form, '')) = '' or {{ sosdata.is_of_form('codes.code', 'trim(lists.code_form)') }})
{%- endmacro %}
