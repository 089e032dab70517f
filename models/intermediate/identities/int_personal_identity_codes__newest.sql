-- The newest personal identity code for each code that an identity change replaces (C4, R3).
-- Grain: one row for each replaced code.
-- Left out: codes that no change replaces; their newest code is themselves.
with

paths as (
    select
        personal_identity_code,
        reached_personal_identity_code
    from {{ ref('int_identity_changes__paths') }}
),

codes_in_loops as (
    select personal_identity_code
    from paths
    where personal_identity_code = reached_personal_identity_code
),

replaced_codes as (
    select distinct personal_identity_code
    from paths
)

select
    paths.personal_identity_code,
    max(
        case when replaced_codes.personal_identity_code is null then paths.reached_personal_identity_code end
    ) as newest_personal_identity_code,
    max(case when codes_in_loops.personal_identity_code is null then 0 else 1 end) = 1 as leads_into_loop
from paths
left join replaced_codes
    on replaced_codes.personal_identity_code = paths.reached_personal_identity_code
left join codes_in_loops
    on codes_in_loops.personal_identity_code = paths.reached_personal_identity_code
group by paths.personal_identity_code
