-- The five sections and the list of violations are those of seeds/expected/, written by hand from the vendor's rows.
{% set person = ['follow_up_period', 'organiser_code', 'personal_identity_code'] %}
{% set columns = {
    'sosdata_clients': person + ['home_municipality_code', 'sex_code'],
    'sosdata_service_task_periods': person + ['service_task_code', 'started_on', 'ended_on'],
    'sosdata_child_protection_periods': person + ['started_on', 'ended_on'],
    'sosdata_decisions': person + [
        'social_service_code', 'service_task_code', 'decided_on', 'valid_from', 'valid_until', 'decision_type_code'
    ],
    'sosdata_services_received': person + ['social_service_code', 'service_task_code', 'started_on', 'ended_on'],
    'quality_violations': ['rule_id', 'source_table', 'row_id', 'observed_value'],
} %}
{% for relation in columns %}
{% set found = 'select ' ~ columns[relation] | join(', ') ~ ' from ' ~ ref('sosdata', relation) %}
{% set expected = 'select ' ~ columns[relation] | join(', ') ~ ' from ' ~ ref('expected_' ~ relation.replace('sosdata_', '')) %}
select
    '{{ relation }}' as relation,
    count(*) as rows_that_differ
from (
    (
        {{ found }}
        except all
        {{ expected }}
    )
    union all
    (
        {{ expected }}
        except all
        {{ found }}
    )
) as differing_rows
having count(*) > 0
{{ 'union all' if not loop.last }}
{% endfor %}
