-- What rows alone do not show: figures of a follow-up period that differ from what was to be expected (M1), and whether the
-- county has explained them (M2).
-- Grain: one row for each measure, follow-up period, organiser, service task and source system.
-- Left out: measures whose two figures are 0.
with

figures as (
    select
        measure_id,
        follow_up_period,
        organiser_code,
        service_task_code,
        source_system,
        figure,
        compared_with,
        abs(figure - compared_with) as difference,
        judged_by,
        is_judged_when_over
    from {{ ref('int_measures__figures') }}
    where figure > 0 or compared_with > 0
),

judged as (
    select
        figures.measure_id,
        figures.follow_up_period,
        figures.organiser_code,
        figures.service_task_code,
        figures.source_system,
        figures.figure,
        figures.compared_with,
        (periods.ended_on < {{ sosdata.extracted_on() }} or not figures.is_judged_when_over)
        and case figures.judged_by
            when 'difference'
                then figures.difference >= rules.minimum and figures.difference > rules.threshold * figures.compared_with
            when 'silence'
                then figures.figure = 0 and figures.compared_with >= rules.minimum
            when 'share_above'
                then figures.figure >= rules.minimum and figures.figure > rules.threshold * figures.compared_with
            when 'share_below'
                then figures.compared_with >= rules.minimum and figures.figure < rules.threshold * figures.compared_with
        end as is_notable
    from figures
    inner join {{ ref('int_follow_up_periods') }} as periods
        on periods.follow_up_period = figures.follow_up_period
    left join {{ ref('quality_measure_rules') }} as rules
        on rules.measure_id = figures.measure_id
),

explained as (
    select distinct
        measure_id,
        follow_up_period,
        organiser_code,
        service_task_code,
        source_system
    from {{ ref('stg_settings__measure_explanations') }}
    where reason is not null
)

select
    cast(judged.measure_id as {{ dbt.type_string() }}) as measure_id,
    judged.follow_up_period,
    judged.organiser_code,
    judged.service_task_code,
    judged.source_system,
    judged.figure as {{ adapter.quote('value') }},
    judged.compared_with,
    judged.is_notable,
    explained.measure_id is not null as is_explained
from judged
left join explained
    on {{ sosdata.same_measure('explained', 'judged') }}
