-- Figures that may be shown: each cell rounded to a multiple of small_count_base, margins as sums of what is shown (A5).
-- Grain: one row for each follow-up period, organiser, service task, home municipality, age group and sex, each also `all`.
-- Left out: rows in which all figures are 0, and quarters that are not over.
{% set measures = ['clients', 'clients_new', 'periods_ended', 'clients_at_end'] %}
{% set base = sosdata.small_count_base() %}
with

cells as (
    select *
    from {{ ref('int_quarterly_cells') }}
    where is_over
),

cell_groups as (
    select
        follow_up_period,
        organiser_code,
        service_task_code,
        min({{ sosdata.in_code_point_order('smallest_person_key') }}) as smallest_person_key
    from cells
    group by follow_up_period, organiser_code, service_task_code
),

starts as (
    select
        {% for measure in measures %}
        {{ sosdata.start_of_rounding(measure, 'cell_groups', base) }} as {{ measure }}_start,
        {% endfor %}
        cell_groups.follow_up_period,
        cell_groups.organiser_code,
        cell_groups.service_task_code
    from cell_groups
),

placed as (
    select
        {% for measure in measures %}
        starts.{{ measure }}_start,
        {{ sosdata.hash_for_rounding(measure, 'cells') }} as {{ measure }}_place,
        {% endfor %}
        cells.*
    from cells
    inner join starts
        on
            starts.follow_up_period = cells.follow_up_period
            and starts.organiser_code = cells.organiser_code
            and starts.service_task_code = cells.service_task_code
),

reached as (
    select
        {% for measure in measures %}
        {{ measure }}_start + sum({{ measure }}) over (
            partition by follow_up_period, organiser_code, service_task_code
            order by {{ sosdata.in_code_point_order(measure ~ '_place') }}
            rows between unbounded preceding and current row
        ) as {{ measure }}_reached,
        {% endfor %}
        *
    from placed
),

rounded as (
    select
        {% for measure in measures %}
        {{ sosdata.step_of_rounding(measure, measure ~ '_reached', base) }} as {{ measure }},
        {% endfor %}
        follow_up_period,
        organiser_code,
        service_task_code,
        home_municipality_code,
        age_group,
        sex_code
    from reached
)

select
    rounded.follow_up_period,
    rounded.organiser_code,
    rounded.service_task_code,
    {% for dimension in ['home_municipality_code', 'age_group', 'sex_code'] %}
    case when grouping(rounded.{{ dimension }}) = 1 then 'all' else rounded.{{ dimension }} end as {{ dimension }},
    {% endfor %}
    cast(sum(rounded.clients) as {{ dbt.type_bigint() }}) as clients,
    cast(sum(rounded.clients_new) as {{ dbt.type_bigint() }}) as clients_new,
    cast(sum(rounded.periods_ended) as {{ dbt.type_bigint() }}) as periods_ended,
    cast(sum(rounded.clients_at_end) as {{ dbt.type_bigint() }}) as clients_at_end
from rounded
group by
    rounded.follow_up_period,
    rounded.organiser_code,
    rounded.service_task_code,
    cube(rounded.home_municipality_code, rounded.age_group, rounded.sex_code)
having sum(rounded.clients + rounded.clients_new + rounded.periods_ended + rounded.clients_at_end) > 0
