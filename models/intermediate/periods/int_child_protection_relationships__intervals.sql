-- The days of accepted child protection client relationships.
-- Grain: one row for each accepted relationship.
-- Left out: rejected relationships.
{{ config(materialized='view') }}
select
    source_system,
    relationship_id,
    organiser_code,
    person_id,
    started_on,
    ended_on
from {{ ref('int_child_protection_relationships__checked') }}
where is_accepted
