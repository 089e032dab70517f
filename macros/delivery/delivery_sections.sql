{#- The sections of a delivery: (id, relation, its coded columns with their classifications). -#}
{% macro delivery_sections() %}
    {%- set service_task = {'service_task_code': 'service_task'} -%}
    {%- set social_service = {'social_service_code': 'social_service'} -%}
    {{ return([
        ('I', 'sosdata_clients', {
            'organiser_code': 'organiser', 'home_municipality_code': 'municipality', 'sex_code': 'sex'
        }),
        ('II', 'sosdata_service_task_periods', service_task),
        ('III', 'sosdata_child_protection_periods', {}),
        ('IV', 'sosdata_decisions', dict(social_service, decision_type_code='decision_type', **service_task)),
        ('V', 'sosdata_services_received', dict(social_service, **service_task)),
    ]) }}
{% endmacro %}
