-- Q7, one way: each delivered row of sections II-V rests on a source row.
{% set no_day = "cast('0001-01-01' as date)" %}
with

delivered as (
    {% for section, relation, codes in sosdata.delivery_sections() if section != 'I' %}
    select
        '{{ section }}' as section,
        follow_up_period,
        organiser_code,
        personal_identity_code,
        {{ "coalesce(service_task_code, '')" if 'service_task_code' in codes else "''" }} as service_task_code,
        {{ "coalesce(social_service_code, '')" if 'social_service_code' in codes else "''" }} as social_service_code,
        coalesce({{ 'valid_from, decided_on' if section == 'IV' else 'started_on' }}, {{ no_day }}) as started_on
    from {{ ref(relation) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    delivered.section,
    delivered.follow_up_period,
    delivered.organiser_code
from delivered
left join {{ ref('delivery_lineage') }} as lineage
    on
        lineage.section = delivered.section
        and lineage.follow_up_period = delivered.follow_up_period
        and lineage.organiser_code = delivered.organiser_code
        and lineage.personal_identity_code = delivered.personal_identity_code
        and coalesce(lineage.service_task_code, '') = delivered.service_task_code
        and coalesce(lineage.social_service_code, '') = delivered.social_service_code
        and coalesce(lineage.started_on, {{ no_day }}) = delivered.started_on
where lineage.row_id is null
