{#- A row without a task takes the only one of its person in that follow-up period; if that is family law, the row is out of
    scope for that period (S-T). -#}
{% macro with_inferred_task(rows) -%}
    select
        recorded.*,
        coalesce(recorded.service_task_code, sole.service_task_code) as delivered_service_task_code
    from {{ rows }} as recorded
    left join {{ ref('int_sole_service_tasks') }} as sole
        on
            sole.follow_up_period = recorded.follow_up_period
            and sole.organiser_code = recorded.organiser_code
            and sole.person_id = recorded.person_id
    where recorded.service_task_code is not null or coalesce(sole.is_delivered, true)
{%- endmacro %}
