-- Client records with every rule of their table judged, and the person's newest personal identity code.
-- Grain: one row for each distinct source row.
-- Nothing is left out; is_accepted says which records may stand for a person.
{% set errors = [
    ('CL01', 'true', 'not has_complete_key'),
    ('CL02', 'has_complete_key', 'has_repeated_id'),
    ('CL03', 'true', 'personal_identity_code is null'),
    ('CL04', 'personal_identity_code is not null', 'not is_well_formed'),
    ('CL05', 'true', 'home_municipality_code_text is null'),
    ('CL06', 'home_municipality_code_text is not null', 'not has_known_municipality'),
    ('CL07', 'true', 'sex_code_text is null'),
    ('CL08', 'sex_code_text is not null', 'not has_known_sex'),
    ('CL09', 'personal_identity_code is not null', 'leads_into_loop'),
    ('CL20', 'true', 'holds_line_break'),
] %}
{% set warnings = [
    ('CL51', 'true', 'is_artificial_person'),
    ('CL52', 'true', "sex_code in ('1', '2') and sex_code <> sex_code_of_identity"),
    ('CL53', 'true', 'municipality_valid_to < extracted_on'),
    ('CL54', 'true', 'records_disagree'),
    ('CL55', 'updated_at_text is not null', 'updated_at is null'),
] %}
with

clients as (
    select
        *,
        source_system is not null and client_id is not null as has_complete_key,
        {{ sosdata.is_personal_identity_code('personal_identity_code') }} as is_well_formed,
        substring(personal_identity_code, 8, 1) = '9' as is_artificial_person,
        {{ sosdata.extracted_on() }} as extracted_on
    from {{ ref('stg_extract__clients') }}
),

looked_up as (
    select
        clients.*,
        coalesce(newest.newest_personal_identity_code, clients.personal_identity_code) as newest_personal_identity_code,
        coalesce(newest.leads_into_loop, false) as leads_into_loop,
        municipalities.code is not null as has_known_municipality,
        municipalities.valid_to as municipality_valid_to,
        sexes.code is not null as has_known_sex,
        case
            when clients.is_well_formed and substring(clients.personal_identity_code, 10, 1) in ('1', '3', '5', '7', '9')
                then '1'
            when clients.is_well_formed
                then '2'
        end as sex_code_of_identity,
        true as is_in_scope
    from clients
    left join {{ ref('int_personal_identity_codes__newest') }} as newest
        on newest.personal_identity_code = clients.personal_identity_code
    {{ sosdata.join_code('municipalities', 'municipality', 'clients.home_municipality_code') }}
    {{ sosdata.join_code('sexes', 'sex', 'clients.sex_code') }}
),

judged as (
    {{ sosdata.judged('looked_up', errors, 'clients') }}
),

persons_with_disagreeing_records as (
    select newest_personal_identity_code
    from judged
    where is_accepted
    group by newest_personal_identity_code
    having min(home_municipality_code) <> max(home_municipality_code) or min(sex_code) <> max(sex_code)
),

compared as (
    select
        judged.*,
        disagreeing.newest_personal_identity_code is not null as records_disagree
    from judged
    left join persons_with_disagreeing_records as disagreeing
        on disagreeing.newest_personal_identity_code = judged.newest_personal_identity_code
),

warned as (
    {{ sosdata.warned('compared', warnings) }}
)

select
    source_system,
    client_id,
    personal_identity_code,
    newest_personal_identity_code,
    case
        when is_accepted then {{ sosdata.birth_date('newest_personal_identity_code') }}
    end as birth_date,
    home_municipality_code,
    {{ sosdata.where_broken('home_municipality_code_text') }},
    sex_code,
    {{ sosdata.where_broken('sex_code_text') }},
    updated_at,
    {{ sosdata.where_broken('updated_at_text') }},
    unit,
    rows_alike,
    is_blank,
    is_accepted,
    is_in_scope,
    judged_rules,
    broken_rules
from warned
