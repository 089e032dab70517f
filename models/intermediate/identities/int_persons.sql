-- Persons: who the accepted client records of all systems stand for (C4), and what section I says of them (S-I).
-- Grain: one row for each newest personal identity code.
-- Left out: rejected client records, listed in quality_violations.
with

records as (
    select
        newest_personal_identity_code,
        birth_date,
        home_municipality_code,
        sex_code,
        row_number() over (
            partition by newest_personal_identity_code
            order by
                case when updated_at is null then 1 else 0 end asc,
                updated_at desc,
                {{ sosdata.in_code_point_order('source_system') }} asc,
                {{ sosdata.in_code_point_order('client_id') }} asc
        ) as record_rank
    from {{ ref('int_clients__checked') }}
    where is_accepted
)

select
    row_number() over (order by newest_personal_identity_code) as person_id,
    newest_personal_identity_code as personal_identity_code,
    birth_date,
    home_municipality_code,
    sex_code
from records
where record_rank = 1
