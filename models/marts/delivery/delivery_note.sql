-- The description that goes with each delivery: its information sources, the social services in it, and how it was
-- limited (S-NOTE).
-- Grain: one row for each follow-up period, section, item and value. The section is empty for what holds for all.
-- Nothing is left out.
{% set settings = {
    'extracted_on': sosdata.extracted_on(),
    'period_gap_days': "'" ~ sosdata.period_gap_days() ~ "'",
    'sections': "'" ~ sosdata.sections() | join(' ') ~ "'",
    'decision_scope': "'" ~ (sosdata.decision_scope() | join(' ') or 'all decisions in force') ~ "'",
    'social_services_included': dbt.string_literal(
        dbt.escape_single_quotes(sosdata.setting_as_list('social_services_included') | join(' ') or 'all')
    ),
    'allow_provisional_codes': "'" ~ sosdata.is_true_setting('allow_provisional_codes') | lower ~ "'",
} %}
with

settings as (
    {% for name, value in settings.items() %}
    select
        follow_up_period,
        {{ sosdata.empty_text() }} as section,
        '{{ name }}' as item,
        cast({{ value }} as {{ dbt.type_string() }}) as item_value
    from {{ ref('int_follow_up_periods') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

information_sources as (
    select distinct
        follow_up_period,
        section,
        'information_source' as item,
        {{ sosdata.without_personal_identity_codes('source_system') }} || '.' || source_table as item_value
    from {{ ref('delivery_lineage') }}
),

social_services as (
    select distinct
        lineage.follow_up_period,
        lineage.section,
        'social_service' as item,
        lineage.social_service_code || coalesce(' ' || services.name_fi, '') as item_value
    from {{ ref('delivery_lineage') }} as lineage
    left join {{ ref('codes_social_services') }} as services
        on services.code = lineage.social_service_code
    where lineage.social_service_code is not null
),

all_items as (
    {% for part in ['settings', 'information_sources', 'social_services'] %}
    select
        follow_up_period,
        section,
        item,
        item_value
    from {{ part }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    follow_up_period,
    cast(section as {{ dbt.type_string() }}) as section,
    cast(item as {{ dbt.type_string() }}) as item,
    item_value
from all_items
