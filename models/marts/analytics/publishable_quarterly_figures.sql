-- Figures that may be shown: each cell rounded to a multiple of small_count_base, margins as sums of what is shown (A5).
-- Grain: one row for each follow-up period, organiser, service task, home municipality, age group and sex, each also `all`.
-- Left out: rows in which all figures are 0, and quarters that are not over.
{% set measures = ['clients', 'clients_new', 'periods_ended', 'clients_at_end'] %}
{% set dimensions = ['home_municipality_code', 'age_group', 'sex_code'] %}
{% set group = 'follow_up_period, organiser_code, service_task_code' %}
{% set base = sosdata.small_count_base() %}
with

cells as (
    select *
    from {{ ref('int_quarterly_cells') }}
    where is_over
),

starts as (
    select
        {{ group }},
        {%- for measure in measures %}
        {{ sosdata.start_of_rounding(measure, 'groups', base) }} as {{ measure }}_start{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {{ group }},
            min({{ sosdata.in_code_point_order('smallest_person_key') }}) as smallest_person_key
        from cells
        group by {{ group }}
    ) as groups
),

placed as (
    select
        cells.*,
        {%- for measure in measures %}
        starts.{{ measure }}_start,
        {{ sosdata.hash_for_rounding(measure, 'cells') }} as {{ measure }}_place{{ ',' if not loop.last }}
        {%- endfor %}
    from cells
    inner join starts
        on
            starts.follow_up_period = cells.follow_up_period
            and starts.organiser_code = cells.organiser_code
            and starts.service_task_code = cells.service_task_code
),

reached as (
    select
        *,
        {%- for measure in measures %}
        {{ measure }}_start + sum({{ measure }}) over (
            partition by {{ group }}
            order by {{ sosdata.in_code_point_order(measure ~ '_place') }}
            rows between unbounded preceding and current row
        ) as {{ measure }}_reached{{ ',' if not loop.last }}
        {%- endfor %}
    from placed
),

rounded as (
    select
        {{ group }},
        {{ dimensions | join(', ') }},
        {%- for measure in measures %}
        {{ sosdata.step_of_rounding(measure, measure ~ '_reached', base) }} as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from reached
)

select
    {{ group }},
    {%- for dimension in dimensions %}
    case when grouping(rounded.{{ dimension }}) = 1 then 'all' else rounded.{{ dimension }} end as {{ dimension }},
    {%- endfor %}
    {%- for measure in measures %}
    cast(sum(rounded.{{ measure }}) as {{ dbt.type_bigint() }}) as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from rounded
group by {{ group }}, cube(rounded.{{ dimensions | join(', rounded.') }})
having sum(rounded.{{ measures | join(' + rounded.') }}) > 0
