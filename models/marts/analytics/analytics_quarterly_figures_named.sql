-- The rows of analytics_quarterly_figures with the names of their codes in three languages, for readers who do not join.
-- Grain: one row for each follow-up period, organiser, service task, home municipality, age group and sex with a client.
-- Nothing is left out.
{{ config(materialized='view') }}
{{ sosdata.with_names(ref('analytics_quarterly_figures'), {
    'organiser_code': 'organiser',
    'service_task_code': 'service_task',
    'home_municipality_code': 'municipality',
    'sex_code': 'sex'
}) }}
