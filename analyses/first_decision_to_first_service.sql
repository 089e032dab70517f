-- How many days pass from the first decision that grants a social service to the first time that the client receives it?
-- Grain: one row for each social service. persons (of an organiser) are those with a positive or partly positive decision that
-- has a date; served_before of them received the service before it, served_after on that day or later, and waiting have not
-- received it. The days are those of served_after.
-- Left out: negative decisions, decisions without a date, and services without a start (only a quarter is known of those).
-- Limits: who still waits is not in the days, so recent waits make them look short; a service goes on being received under a
-- new decision, so only the first one counts. A social service outside the list has no name.
with

granted as (
    select
        organiser_code,
        person_key,
        social_service_code,
        social_service_name_en as social_service,
        min(decided_on) as decided_on
    from {{ ref('analytics_decisions_named') }}
    where decision_meaning <> 'negative' and decided_on is not null
    group by organiser_code, person_key, social_service_code, social_service_name_en
),

received as (
    select
        organiser_code,
        person_key,
        social_service_code,
        min(started_on) as started_on
    from {{ ref('analytics_services_received') }}
    where started_on is not null
    group by organiser_code, person_key, social_service_code
),

first_days as (
    select
        granted.social_service_code,
        granted.social_service,
        granted.decided_on,
        received.started_on
    from granted
    left join received
        on
            received.organiser_code = granted.organiser_code
            and received.person_key = granted.person_key
            and received.social_service_code = granted.social_service_code
),

waits as (
    select
        first_days.*,
        {{ dbt.datediff('decided_on', 'started_on', 'day') }} as days_waited
    from first_days
)

select
    social_service_code,
    social_service,
    count(*) as persons,
    sum(case when days_waited < 0 then 1 else 0 end) as served_before,
    sum(case when days_waited >= 0 then 1 else 0 end) as served_after,
    sum(case when started_on is null then 1 else 0 end) as waiting,
    cast(
        percentile_disc(0.5) within group (order by case when days_waited >= 0 then days_waited end)
        as {{ dbt.type_int() }}
    ) as median_days,
    cast(
        percentile_disc(0.9) within group (order by case when days_waited >= 0 then days_waited end)
        as {{ dbt.type_int() }}
    ) as days_of_nine_in_ten
from waits
group by social_service_code, social_service
order by persons desc, {{ sosdata.in_code_point_order('social_service_code') }}
