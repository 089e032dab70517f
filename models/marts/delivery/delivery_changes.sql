-- The rows by which this build differs from the latest delivery of each follow-up period (F8).
-- Grain: one row for each delivered row that the build does not have, and for each that it has more. Rows may be alike.
-- Left out: follow-up periods that are not built or were never delivered, and rows that both have.
{% set columns = {
    'organiser_code': 'string',
    'personal_identity_code': 'string',
    'home_municipality_code': 'string',
    'sex_code': 'string',
    'service_task_code': 'string',
    'started_on': 'date',
    'ended_on': 'date',
    'social_service_code': 'string',
    'decided_on': 'date',
    'valid_from': 'date',
    'valid_until': 'date',
    'decision_type_code': 'string',
} %}
{% set person = ['organiser_code', 'personal_identity_code'] %}
{% set service = ['social_service_code', 'service_task_code'] %}
{% set named = {
    'I': person + ['home_municipality_code', 'sex_code'],
    'II': person + ['service_task_code', 'started_on', 'ended_on'],
    'III': person + ['started_on', 'ended_on'],
    'IV': person + service + ['decided_on', 'valid_from', 'valid_until', 'decision_type_code'],
    'V': person + service + ['started_on', 'ended_on'],
} %}
with

deliveries as (
    select
        deliveries.follow_up_period,
        deliveries.version
    from {{ ref('stg_record__deliveries') }} as deliveries
    inner join {{ ref('int_follow_up_periods') }} as periods
        on periods.follow_up_period = deliveries.follow_up_period
    where deliveries.is_latest
),

{% for side in ['delivered', 'built'] %}
{{ side }} as (
    {% for section, relation, codes in sosdata.delivery_sections() %}
    select
        deliveries.follow_up_period,
        deliveries.version,
        '{{ section }}' as section,
        {% for column, type in columns.items() %}
        {% if column in named[section] %}
        section_rows.{{ column }}{{ ',' if not loop.last }}
        {% else %}
        cast(null as {{ dbt.type_string() if type == 'string' else 'date' }}) as {{ column }}{{ ',' if not loop.last }}
        {% endif %}
        {% endfor %}
    {% if side == 'delivered' %}
    from {{ ref('stg_record__' ~ relation | replace('sosdata_', 'delivered_')) }} as section_rows
    {% else %}
    from {{ ref(relation) }} as section_rows
    {% endif %}
    inner join deliveries
        on deliveries.follow_up_period = section_rows.follow_up_period
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

{% endfor %}
-- Of alike rows as many remain as the one side has more.
removed as (
    select * from delivered
    except all
    select * from built
),

added as (
    select * from built
    except all
    select * from delivered
),

differing as (
    select
        'removed' as side,
        removed.*
    from removed
    union all
    select
        'added' as side,
        added.*
    from added
),

-- Columns that a section does not have are empty, so that these are the keys of I, II and III alike.
keyed as (
    select
        differing.*,
        section in ('I', 'II', 'III') and min(side) over same_key <> max(side) over same_key as is_changed
    from differing
    window same_key as (
        partition by follow_up_period, section, organiser_code, personal_identity_code, service_task_code, started_on
    )
)

select
    follow_up_period,
    version,
    cast(section as {{ dbt.type_string() }}) as section,
    cast(case
        when is_changed and side = 'removed' then 'changed_from'
        when is_changed then 'changed_to'
        else side
    end as {{ dbt.type_string() }}) as change,
    {{ columns | join(',\n    ') }}
from keyed
