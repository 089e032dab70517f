-- Cases as the source contract has them: a family's case is a case of each of its clients, for each time that it was open.
-- Grain: one row for each open period of a case and each membership of a client in it; of what cannot be judged, too.
-- Left out: deleted rows, parties that are no clients (guardians, contact persons), and open periods that a client's
-- membership does not touch. A case without a client, or without a change of status, has one row, which the build lists.
with

cases as (
    select
        case_id,
        family_id,
        area_number,
        organiser_number
    from {{ source('vendor', 'case_file') }}
    where {{ is_kept('deleted_at') }}
),

changes as (
    select
        change_id,
        case_id,
        status_number,
        changed_at
    from {{ source('vendor', 'status_change') }}
    where {{ is_kept('deleted_at') }}
),

-- 10 opened, 20 being assessed, 90 closed, 95 opened again.
periods as (
    {{ sosdata.status_periods(
        'changes', keys=['case_id'], day=sosdata.finnish_day('changed_at'), status='status_number',
        opens=['10', '95'], closes=['90'], keeps=['20'], order_by=['changed_at', 'change_id']
    ) }}
),

-- Role 1 is a client. A day stays that day; as text it is compared with those of the periods.
memberships as (
    select
        party_id,
        case_id,
        person_id,
        {{ sosdata.finnish_day('joined_on') }} as joined_on,
        {{ sosdata.finnish_day('left_on') }} as left_on
    from {{ source('vendor', 'case_party') }}
    where
        role_number = 1
        and {{ is_kept('deleted_at') }}
)

-- A period that is no day says why it cannot be judged: it is a row of each client, with its words.
select
    'tietokanta' as source_system,
    cases.case_id
    || '/' || coalesce(cast(memberships.party_id as {{ dbt.type_string() }}), '-')
    || '/' || coalesce(cast(periods.period_number as {{ dbt.type_string() }}), '-') as case_id,
    memberships.person_id as client_id,
    cases.organiser_number as organiser_code,
    cases.area_number as service_task_code,
    case
        when memberships.joined_on > periods.opened_on then memberships.joined_on
        else periods.opened_on
    end as opened_on,
    case
        when periods.closed_on is null or memberships.left_on < periods.closed_on then memberships.left_on
        else periods.closed_on
    end as closed_on,
    cast(null as {{ dbt.type_string() }}) as opened_before_2020,
    families.team_number as unit
from cases
left join periods
    on periods.case_id = cases.case_id
left join memberships
    on memberships.case_id = cases.case_id
left join {{ source('vendor', 'family') }} as families
    on families.family_id = cases.family_id
where
    periods.opened_on not like '____-__-__'
    or (
        coalesce(memberships.joined_on <= periods.closed_on, true)
        and coalesce(periods.opened_on <= memberships.left_on, true)
    )
