-- Codes of the extract that wait for a row in the code map, with the class that they probably mean (R7).
-- Grain: one row for each source system, classification and local code.
-- Left out: mapped codes, codes of rows without a source system, and national codes of systems that map no other of the list.
{% set coded_columns = {
    'clients': {'home_municipality_code': 'municipality', 'sex_code': 'sex'},
    'cases': {'organiser_code': 'organiser', 'service_task_code': 'service_task'},
    'child_protection_relationships': {'organiser_code': 'organiser'},
    'decisions': {
        'organiser_code': 'organiser',
        'social_service_code': 'social_service',
        'service_task_code': 'service_task',
        'decision_type_code': 'decision_type',
    },
    'services_received': {
        'organiser_code': 'organiser',
        'social_service_code': 'social_service',
        'service_task_code': 'service_task',
    },
} %}
with

classes as (
    select
        classification,
        code,
        coalesce(name_fi, name_sv, name_en) as class_name,
        {{ sosdata.in_one_case("trim(leading '0' from code)") }} as code_key
    from {{ ref('int_codes') }}
),

class_names as (
    {% for column in ['name_en', 'name_sv', 'name_fi'] %}
    select
        classification,
        code,
        {{ sosdata.in_one_case(column) }} as name_key
    from {{ ref('int_codes') }}
    where {{ column }} is not null
    {{ 'union' if not loop.last }}
    {% endfor %}
),

code_map as (
    select
        source_system,
        classification,
        local_code
    from {{ ref('stg_settings__code_map') }}
),

systems_with_a_map as (
    select distinct
        source_system,
        classification
    from code_map
),

-- Each table is read once, for all its codes together.
{% for table, columns in coded_columns.items() %}
codes_of_{{ table }} as (
    select
        source_system,
        {% for column in columns %}
        {{ column }}_text,
        {% endfor %}
        count(*) as rows_with_codes
    from {{ ref('stg_extract__' ~ table) }}
    where source_system is not null
    group by source_system, {{ columns | join('_text, ') }}_text
),

{% endfor %}
codes_of_columns as (
    {% for table, columns in coded_columns.items() %}
    {% set last_table = loop.last %}
    {% for column, classification in columns.items() %}
    select
        source_system,
        '{{ classification }}' as classification,
        {{ column }}_text as local_code,
        rows_with_codes
    from codes_of_{{ table }}
    where {{ column }}_text is not null
    {{ 'union all' if not (last_table and loop.last) }}
    {% endfor %}
    {% endfor %}
),

codes_of_systems as (
    select
        source_system,
        classification,
        local_code,
        sum(rows_with_codes) as rows_with_code
    from codes_of_columns
    group by source_system, classification, local_code
),

to_map as (
    select
        codes.source_system,
        codes.classification,
        codes.local_code,
        codes.rows_with_code,
        case when classes.code is null then 'unmapped' else 'taken_as_national' end as status
    from codes_of_systems as codes
    left join code_map
        on
            code_map.source_system = codes.source_system
            and code_map.classification = codes.classification
            and code_map.local_code = codes.local_code
    left join classes
        on
            classes.classification = codes.classification
            and classes.code = codes.local_code
    left join systems_with_a_map
        on
            systems_with_a_map.source_system = codes.source_system
            and systems_with_a_map.classification = codes.classification
    where
        code_map.local_code is null
        and (classes.code is null or systems_with_a_map.source_system is not null)
),

same_code as (
    select
        to_map.source_system,
        to_map.classification,
        to_map.local_code,
        min(classes.code) as code,
        count(*) as classes_found
    from to_map
    inner join classes
        on
            classes.classification = to_map.classification
            and classes.code_key = {{ sosdata.in_one_case("trim(leading '0' from to_map.local_code)") }}
    group by to_map.source_system, to_map.classification, to_map.local_code
),

same_name as (
    select
        to_map.source_system,
        to_map.classification,
        to_map.local_code,
        min(class_names.code) as code,
        count(distinct class_names.code) as classes_found
    from to_map
    inner join class_names
        on
            class_names.classification = to_map.classification
            and class_names.name_key = {{ sosdata.in_one_case('to_map.local_code') }}
    group by to_map.source_system, to_map.classification, to_map.local_code
),

proposed as (
    select
        to_map.source_system,
        to_map.classification,
        to_map.local_code,
        to_map.rows_with_code,
        to_map.status,
        case
            when same_code.classes_found = 1 then same_code.code
            when same_code.classes_found is null and same_name.classes_found = 1 then same_name.code
        end as proposed_code
    from to_map
    left join same_code
        on
            same_code.source_system = to_map.source_system
            and same_code.classification = to_map.classification
            and same_code.local_code = to_map.local_code
    left join same_name
        on
            same_name.source_system = to_map.source_system
            and same_name.classification = to_map.classification
            and same_name.local_code = to_map.local_code
),

shown as (
    select
        {{ sosdata.without_personal_identity_codes('proposed.source_system') }} as source_system,
        proposed.classification,
        {{ sosdata.without_personal_identity_codes('proposed.local_code') }} as local_code,
        proposed.rows_with_code,
        proposed.status,
        proposed.proposed_code,
        classes.class_name
    from proposed
    left join classes
        on
            classes.classification = proposed.classification
            and classes.code = proposed.proposed_code
)

select
    source_system,
    cast(classification as {{ dbt.type_string() }}) as classification,
    local_code,
    cast(sum(rows_with_code) as {{ dbt.type_bigint() }}) as {{ adapter.quote('rows') }},
    cast(status as {{ dbt.type_string() }}) as status,
    proposed_code,
    class_name as proposed_name
from shown
group by source_system, classification, local_code, status, proposed_code, class_name
