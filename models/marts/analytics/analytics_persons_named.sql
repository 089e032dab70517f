-- The rows of analytics_persons with the names of their codes in three languages, for readers who do not join.
-- Grain: one row for each person with an accepted client record.
-- Nothing is left out.
{{ config(materialized='view') }}
{{ sosdata.with_names(ref('analytics_persons'), {
    'sex_code': 'sex',
    'home_municipality_code': 'municipality',
    'home_county_code': 'county'
}) }}
