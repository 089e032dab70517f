-- The rows of analytics_services_received with the names of their codes in three languages, for readers who do not join.
-- Grain: one row for each combination of all columns of analytics_services_received.
-- Nothing is left out.
{{ config(materialized='view') }}
{{ sosdata.with_names(ref('analytics_services_received'), {
    'organiser_code': 'organiser',
    'social_service_code': 'social_service',
    'service_task_code': 'service_task'
}) }}
