-- The rows of analytics_service_task_periods with the names of their codes in three languages, for readers who do not join.
-- Grain: one row for each organiser, person, service task and start of a period.
-- Nothing is left out.
{{ config(materialized='view') }}
{{ sosdata.with_names(ref('analytics_service_task_periods'), {
    'organiser_code': 'organiser',
    'service_task_code': 'service_task'
}) }}
