{#- Periods of one key neither overlap nor touch: what touches is one period (S-II). -#}
{% test periods_apart(model, keys) %}
with

ordered as (
    select
        {{ keys | join(', ') }},
        started_on,
        ended_on,
        lead(started_on) over (partition by {{ keys | join(', ') }} order by started_on) as next_started_on
    from {{ model }}
)

select *
from ordered
where
    next_started_on is not null
    and (
        ended_on is null
        or next_started_on <= {{ sosdata.add_days('ended_on', sosdata.period_gap_days()) }}
    )
{% endtest %}
