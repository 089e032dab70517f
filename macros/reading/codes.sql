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
    {{ dbt.string_literal(dbt.escape_single_quotes(code)) if code else sosdata.empty_text() }}
{%- endmacro %}
