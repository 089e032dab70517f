-- The rows of analytics_child_protection_periods with the names of their codes in three languages, for readers who do not join.
-- Grain: one row for each organiser, person and start of a relationship.
-- Nothing is left out.
{{ config(materialized='view') }}
{{ sosdata.with_names(ref('analytics_child_protection_periods'), {'organiser_code': 'organiser'}) }}
