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
{% set empty = {'string': sosdata.empty_text(), 'date': 'cast(null as date)'} %}
{% set person = ['organiser_code', 'personal_identity_code'] %}
{% set service = ['social_service_code', 'service_task_code'] %}
{% set named = {
    'I': person + ['home_municipality_code', 'sex_code'],
    'II': person + ['service_task_code', 'started_on', 'ended_on'],
    'III': person + ['started_on', 'ended_on'],
    'IV': person + service + ['decided_on', 'valid_from', 'valid_until', 'decision_type_code'],
    'V': person + service + ['started_on', 'ended_on'],
} %}
{% set shown = {} %}
{% for section in named %}
{% do shown.update({section: []}) %}
{% for column, type in columns.items() %}
{% do shown[section].append('section_rows.' ~ column if column in named[section] else empty[type] ~ ' as ' ~ column) %}
{% endfor %}
{% endfor %}
{% set relations = {'delivered': 'stg_record__delivered_', 'built': 'sosdata_'} %}
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

{% for side in relations %}
{{ side }} as (
    {% for section, relation, codes in sosdata.delivery_sections() %}
    select
        deliveries.follow_up_period,
        deliveries.version,
        '{{ section }}' as section,
        {{ shown[section] | join(',\n        ') }}
    from {{ ref(relations[side] ~ relation.replace('sosdata_', '')) }} as section_rows
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
        differing.section in ('I', 'II', 'III')
        and min(differing.side) over same_key <> max(differing.side) over same_key as is_changed
    from differing
    window same_key as (
        partition by
            differing.follow_up_period,
            differing.section,
            differing.organiser_code,
            differing.personal_identity_code,
            differing.service_task_code,
            differing.started_on
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
