-- Every class of every code list, with its names and what the derivations need to know of it.
-- Grain: one row for each classification and code.
-- Nothing is left out. A missing validity day is open: a code without validity dates is always in force (R4).
{% set lists = [
    ('municipality', 'codes_municipalities'),
    ('sex', 'codes_sexes'),
    ('organiser', 'codes_organisers'),
    ('social_service', 'codes_social_services'),
    ('service_task', 'codes_service_tasks'),
    ('decision_type', 'codes_decision_types'),
] %}
{% set lists_with_english_names = ['sex', 'service_task', 'decision_type'] %}
with

classes as (
    {% for classification, seed in lists %}
    select
        cast('{{ classification }}' as {{ dbt.type_string() }}) as classification,
        cast(code as {{ dbt.type_string() }}) as code,
        {{ 'name_en' if classification in lists_with_english_names else sosdata.empty_text() }} as name_en,
        name_sv,
        name_fi,
        status = 'provisional' as is_provisional,
        valid_from,
        valid_to,
        {{ 'is_delivered' if classification == 'service_task' else 'true' }} as is_delivered,
        {{ 'is_child_protection' if classification == 'service_task' else 'false' }} as is_child_protection,
        {{ 'meaning' if classification == 'decision_type' else sosdata.empty_text() }} as decision_meaning
    from {{ ref(seed) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    classification,
    code,
    name_en,
    name_sv,
    name_fi,
    is_provisional,
    valid_from,
    valid_to,
    is_delivered,
    is_child_protection,
    decision_meaning
from classes
{% if sosdata.is_demo() %}
union all
select
    demo_codes.classification,
    demo_codes.code,
    demo_codes.name_en,
    demo_codes.name_sv,
    demo_codes.name_fi,
    demo_codes.status = 'provisional' as is_provisional,
    demo_codes.valid_from,
    demo_codes.valid_to,
    demo_codes.is_delivered,
    demo_codes.is_child_protection,
    demo_codes.meaning as decision_meaning
from {{ ref('demo_codes') }} as demo_codes
left join classes
    on
        classes.classification = demo_codes.classification
        and classes.code = demo_codes.code
where classes.code is null
{% endif %}
