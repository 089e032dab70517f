-- The rows of analytics_decisions with the names of their codes in three languages, for readers who do not join.
-- Grain: one row for each decision. Two decisions may be alike in every column.
-- Nothing is left out.
{{ config(materialized='view') }}
{{ sosdata.with_names(ref('analytics_decisions'), {
    'organiser_code': 'organiser',
    'social_service_code': 'social_service',
    'service_task_code': 'service_task',
    'decision_type_code': 'decision_type'
}) }}
