-- The rows of publishable_quarterly_figures with the names of their codes in three languages, for readers who do not join.
-- Grain: one row for each row of publishable_quarterly_figures.
-- Nothing is left out.
{{ config(materialized='view') }}
{{ sosdata.with_names(ref('publishable_quarterly_figures'), {
    'organiser_code': 'organiser',
    'service_task_code': 'service_task',
    'home_municipality_code': 'municipality',
    'sex_code': 'sex'
}) }}
