-- The demo extract: artificial clients of one county in the form of the source contract
-- (specification, section 5). Run by demo_extract.py, which sets the variables `seed` and
-- `persons`, makes the table local_codes from the code map and writes the six views at the end to
-- files.
--
-- Nothing is random: every value is drawn from the number of its row by integer arithmetic, so the
-- same seed gives the same bytes on any machine. Every personal identity code is artificial
-- (individual number 900-999).
--
-- Order of the file: 1 drawing, 2 codes of persons, 3 persons, 4 relationships, 5 faults,
-- 6 rows written by hand, 7 the six tables.


-- 1 Drawing ---------------------------------------------------------------------------------------

-- A number from 0 to sides - 1, fixed by the seed, the name of the draw and the key of the row.
create macro salt(draw_name) as
    (md5_number_lower(concat(getvariable('seed'), draw_name)) % 2147483647)::bigint;

create macro stir(number, secret, factor) as xor(number, secret) * factor % 2147483647;

create macro draw(key, draw_name, sides) as
    stir(
        stir(stir(key, 0, 1103515245), salt(draw_name), 739982445),
        salt(draw_name),
        695872825
    ) % sides;

create macro draw_from(key, draw_name, choices) as
    choices[1 + draw(key, draw_name, len(choices))];


-- 2 Codes of persons ------------------------------------------------------------------------------

-- DDMMYY, sign of the century, individual number, check character. Each century has six signs.
create macro identity_code(born_on, sign_no, individual_number) as concat(
    strftime(born_on, '%d%m%y'),
    substr(if(born_on < date '2000-01-01', '-YXWVU', 'ABCDEF'), 1 + sign_no, 1),
    individual_number,
    substr(
        '0123456789ABCDEFHJKLMNPRSTUVWXY',
        1 + (concat(strftime(born_on, '%d%m%y'), individual_number)::bigint % 31)::int,
        1
    )
);

create macro municipality_of(key) as case
    when draw(key, 'size of municipality', 100) < 45 then '837'
    when draw(key, 'size of municipality', 100) < 80
        then draw_from(key, 'middle', ['536', '980', '211', '418', '790', '604', '908'])
    else draw_from(key, 'small', [
        '020', '108', '143', '177', '250', '291', '508', '562',
        '581', '619', '635', '702', '887', '922', '936'
    ])
end;

-- The retired system never knew units.
create macro unit_of(key, source_system) as case source_system
    when 'demo_north'
        then draw_from(key, 'unit', ['Itäinen palvelutiimi', 'Läntinen palvelutiimi', 'Perhetiimi'])
    when 'demo_south' then draw_from(key, 'unit', ['4110', '4120'])
end;

create macro row_id(source_system, table_letter, person_no, first_no, second_no := '') as concat(
    upper(substr(source_system, 6, 1)),
    table_letter,
    lpad(person_no::varchar, 7, '0'),
    '-',
    first_no,
    second_no
);


-- 3 Persons ---------------------------------------------------------------------------------------

-- One row per artificial person. Codes are unique by counting the persons born on the same day:
-- individual numbers 900-969 under the first three signs for the code in use, under the other three
-- signs for a former code, 970-989 for a code between the two, 990-999 for section 6.
create temp table persons as
with numbered as (
    select
        range as person_no,
        draw(person_no, 'age', 100) as age_draw
    from range(getvariable('persons')::bigint)
),

aged as (
    select
        person_no,
        case
            when age_draw < 20 then '0-17'
            when age_draw < 33 then '18-29'
            when age_draw < 70 then '30-64'
            else '65-'
        end as age_group,
        case
            when age_draw < 20 then date '2008-01-16' + draw(person_no, 'birth', 6528)::int
            when age_draw < 33 then date '1996-01-16' + draw(person_no, 'birth', 4383)::int
            when age_draw < 70 then date '1961-01-16' + draw(person_no, 'birth', 12783)::int
            when age_draw < 83 then date '1946-01-16' + draw(person_no, 'birth', 5433)::int
            else date '1926-01-16' + draw(person_no, 'birth', 7305)::int
        end as born_on
    from numbered
),

described as (
    select
        person_no,
        age_group,
        born_on,
        age_group = '0-17' and draw(person_no, 'protected', 100) < 27 as is_protected,
        draw(person_no, 'system', 100) < 60 as is_north,
        draw(person_no, 'records', 100) as record_draw,
        draw_from(person_no, 'codes', list_concat(repeat([1], 92), repeat([2], 7), [3])) as codes,
        draw_from(
            person_no, 'chains', list_concat(repeat([1], 58), repeat([2], 29), repeat([3], 13))
        ) as chains
    from aged
),

counted as (
    select
        *,
        row_number() over same_day - 1 as same_day_no,
        count(*) filter (codes = 3) over same_day - 1 as same_day_code_no,
        row_number() over (
            partition by age_group in ('30-64', '65-') order by person_no
        ) as adult_no,
        row_number() over (
            partition by is_protected and born_on < date '2015-01-01' order by person_no
        ) as protected_no,
        row_number() over (partition by codes > 1 order by person_no) as changed_no
    from described
    window same_day as (partition by born_on order by person_no)
)

select
    person_no,
    age_group,
    born_on,
    is_protected,
    codes,
    chains,
    -- the first client record, and for one person in ten a second one
    if(is_north, 'demo_north', 'demo_south') as system_1,
    concat(if(is_north, 'N', 'S'), lpad(person_no::varchar, 7, '0')) as client_1,
    case
        when record_draw < 8 then if(is_north, 'demo_south', 'demo_north')
        when record_draw < 10 then system_1
    end as system_2,
    case
        when record_draw < 8 then concat(if(is_north, 'S', 'N'), lpad(person_no::varchar, 7, '0'))
        when record_draw < 10 then concat(client_1, '-B')
    end as client_2,
    -- the code in use, the code before it, and a code between the two
    900 + (draw(born_on - date '1900-01-01', 'number', 70) + same_day_no) % 70 as number,
    if(
        same_day_no < 210, same_day_no // 70, error('too many persons for the artificial codes')
    )::int as sign_no,
    970 + same_day_code_no % 20 as between_number,
    (same_day_code_no // 20)::int as between_sign_no,
    -- the ordinal by which faults find their persons (section 5)
    if(age_group in ('30-64', '65-'), adult_no, null) as adult_no,
    if(is_protected and born_on < date '2015-01-01', protected_no, null) as protected_no,
    if(codes > 1, changed_no, null) as changed_no
from counted;


-- 4 Relationships ---------------------------------------------------------------------------------

-- One row per chain: a person's cases, decisions and services within one service task. A person has
-- one to three chains, the first of a protected child in child protection.
create view chains as
with planned as (
    select
        persons.* exclude (chains),
        persons.chains as chains_of_person,
        chain.range as chain_no,
        person_no * 8 + chain_no as chain_key,
        case
            when is_protected and chain_no = 1 then '10'
            when age_group = '0-17' then draw_from(chain_key, 'task', [
                'X-FAMILIES', 'X-FAMILIES', 'X-FAMILIES', 'X-FAMILIES', 'X-FAMILIES',
                'X-FAMILIES', 'X-FAMILIES', '20', '20', 'X-FAMILY-LAW'
            ])
            when age_group = '65-' then draw_from(chain_key, 'task', [
                'X-ELDERLY', 'X-ELDERLY', 'X-ELDERLY', 'X-ELDERLY', 'X-ELDERLY',
                'X-ELDERLY', 'X-ELDERLY', 'X-ELDERLY', '20', '15'
            ])
            else draw_from(chain_key, 'task', [
                'X-WORKING-AGE', 'X-WORKING-AGE', 'X-WORKING-AGE', 'X-WORKING-AGE',
                'X-WORKING-AGE', 'X-WORKING-AGE', 'X-WORKING-AGE', 'X-WORKING-AGE',
                'X-WORKING-AGE', 'X-WORKING-AGE', 'X-FAMILIES', 'X-FAMILIES', 'X-FAMILIES',
                '15', '15', '15', '20', '20', '20', 'X-FAMILY-LAW'
            ])
        end as task_code,
        -- earliest start: birth, and 65 years of age for elderly services
        if(task_code = 'X-ELDERLY', (born_on + interval 65 years)::date, born_on) as possible_from,
        possible_from < date '2019-01-01'
            and draw(chain_key, 'start', 100) < 11 as start_is_assumed,
        possible_from < date '2020-06-01'
            and draw(chain_key, 'start', 100) between 11 and 20 as start_is_old,
        draw_from(chain_key, 'cases', [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5])
            as case_count,
        draw_from(chain_key, 'pattern', [
            'overlapping', 'nested', 'opened again same day', 'opened again next day',
            'opened again later'
        ]) as pattern,
        -- two persons in three are still clients, in all their chains
        draw(person_no, 'open', 100) < 66 as is_open
    from persons, range(1, persons.chains + 1) as chain
),

placed as (
    select
        *,
        case
            when start_is_assumed then date '2019-06-01'
            when start_is_old then greatest(possible_from, date '2012-01-01')
            else greatest(possible_from, date '2021-01-01')
        end as start_from,
        case
            when start_is_assumed then date '2019-06-02'
            when start_is_old then date '2021-01-01'
            else date '2025-12-21'
        end as start_before,
        start_from + draw(chain_key, 'day', start_before - start_from)::int as started_on
    from planned
)

select
    *,
    date '2025-12-31' - started_on as days_left,
    -- days from the opening of a case to its closing
    greatest(1, days_left * (10 + draw(chain_key, 'length', 60)) // 100 // case_count) as case_days,
    if(is_open, days_left, least(days_left, case_days * case_count)) as chain_days
from placed;

-- One row per case, in the order of opening.
create view chain_cases as
with dated as (
    select
        person_no,
        is_protected,
        chain_no,
        task_code,
        start_is_assumed,
        is_open,
        system_1,
        client_1,
        system_2,
        client_2,
        unnest(range(case_count)) as case_no,
        chain_key * 16 + case_no as case_key,
        case pattern
            when 'overlapping' then case_days * 2 // 3
            when 'nested' then case_days // 2
            when 'opened again same day' then case_days
            when 'opened again next day' then case_days + 1
            else case_days * 3 // 2 + 7
        end as days_between,
        started_on + (case_no * days_between)::int as case_opened_on,
        if(
            pattern = 'nested',
            started_on + (case_days * case_count - case_no * days_between)::int,
            case_opened_on + case_days::int
        ) as case_closed_on,
        -- in an open chain the last case is open, or the one around the others, or the last two
        case pattern
            when 'nested' then case_no = 0 or case_no = case_count - 4
            when 'overlapping' then case_no >= case_count - if(case_count > 2, 2, 1)
            else case_no = case_count - 1
        end as is_last_open
    from chains
)

select
    *,
    start_is_assumed and case_no = 0 as opened_before_2020,
    if(opened_before_2020, null, case_opened_on) as opened_on,
    if(
        case_closed_on > date '2025-12-31' or (is_open and is_last_open),
        null,
        case_closed_on
    ) as closed_on,
    if(case_no % 2 = 1 and system_2 is not null, system_2, system_1) as source_system,
    if(case_no % 2 = 1 and system_2 is not null, client_2, client_1) as client_id
from dated
where case_opened_on <= date '2025-12-31';

-- Half of demo_north has no organiser code at all, some rows a local one.
create macro organiser_of(key, source_system) as case
    when source_system = 'demo_south' then '1.2.246.10.32213086.10.0'
    when draw(key, 'organiser', 100) < 15 then 'PIRHA'
end;

create macro social_service_of(key, task_code) as case task_code
    when 'X-ELDERLY' then draw_from(key, 'service', ['85', '85', '93', '93', '37', '31'])
    when 'X-FAMILIES' then draw_from(key, 'service', ['46', '46', '51', '93', '82'])
    when '10' then draw_from(key, 'service', ['46', '46', '51', '94', '24', '31', '2'])
    when '15' then draw_from(key, 'service', ['46', '24', '93'])
    when 'X-WORKING-AGE' then draw_from(key, 'service', ['46', '46', '46', '99', '93'])
    when '20' then draw_from(key, 'service', ['55', '37', '85', '93'])
    else '46'
end;

-- The codes that the source systems write in place of national ones, from the code map.
create macro local_codes_of(classification_name) as table
select
    source_system,
    national_code,
    min(local_code) as local_code
from local_codes
where classification = classification_name
group by source_system, national_code;


-- 5 Faults ----------------------------------------------------------------------------------------

-- Where the faults of a table fall: on the first row of every so manieth person of a group. Adults
-- are 30 or older, protected are children in child protection born before 2015, changed are persons
-- with a new personal identity code. `first_no` keeps the faults of two tables off one person.
create temp table fault_places as
from (
    values
    ('clients', 'adult', 1000, 140),
    ('cases', 'adult', 200, 1),
    ('decisions', 'adult', 200, 41),
    ('services_received', 'adult', 200, 81),
    ('child_protection_relationships', 'protected', 80, 1),
    ('identity_changes', 'changed', 300, 1)
) as place (source_table, person_group, every, first_no);

-- One line per fault: the rule, its table, and the cells that are written over ('' = missing, {} =
-- what stood there). `again` leaves the row as it was and writes the changed one beside it.
create temp table faults as
from (
    values
    -- clients
    ('CL01', 'clients', 'again', map {'client_id': ''}),
    ('CL02', 'clients', 'again', map {'updated_at': '2020-02-02'}),
    ('CL03', 'clients', 'cells', map {'personal_identity_code': ''}),
    ('CL04', 'clients', 'cells', map {'personal_identity_code': '310290-9123'}),
    ('CL04', 'clients', 'cells', map {'personal_identity_code': '010190-900'}),
    ('CL05', 'clients', 'cells', map {'home_municipality_code': ''}),
    ('CL06', 'clients', 'cells', map {'home_municipality_code': '999'}),
    ('CL07', 'clients', 'cells', map {'sex_code': ''}),
    ('CL08', 'clients', 'cells', map {'sex_code': '7'}),
    ('CL20', 'clients', 'cells', map {'unit': concat('4110', chr(10), '4120')}),
    ('CL52', 'clients', 'cells', map {'sex_code': '1'}),
    ('CL52', 'clients', 'cells', map {'sex_code': '2'}),
    ('CL53', 'clients', 'cells', map {'home_municipality_code': '932'}),
    ('CL54', 'clients', 'again', map {'client_id': '{}-C', 'home_municipality_code': '091'}),
    ('CL54', 'clients', 'again', map {'client_id': '{}-C', 'sex_code': '9'}),
    ('CL55', 'clients', 'cells', map {'updated_at': '31.2.2024'}),
    -- cases
    ('none, stands twice', 'cases', 'again', map {'case_id': '{}'}),
    ('none, spaces', 'cases', 'cells', map {
        'case_id': '  {} ', 'client_id': concat(chr(160), '{}')
    }),
    ('CA01', 'cases', 'cells', map {'case_id': ''}),
    ('CA02', 'cases', 'again', map {'opened_on': '2023-06-07', 'closed_on': '2023-09-29'}),
    ('CA03', 'cases', 'cells', map {'client_id': ''}),
    ('CA03', 'cases', 'cells', map {'client_id': '{}-unknown'}),
    ('CA04', 'cases', 'cells', map {'organiser_code': 'OLD-TOWN'}),
    ('CA05', 'cases', 'cells', map {'service_task_code': ''}),
    ('CA05', 'cases', 'cells', map {'service_task_code': '77'}),
    ('CA06', 'cases', 'cells', map {'opened_on': '31.2.2024'}),
    ('CA07', 'cases', 'cells', map {'opened_on': '', 'opened_before_2020': 'false'}),
    ('CA08', 'cases', 'cells', map {'closed_on': '0000-00-00'}),
    ('CA09', 'cases', 'cells', map {'opened_on': '2024-05-20', 'closed_on': '2024-05-02'}),
    ('CA10', 'cases', 'cells', map {'opened_on': '2042-01-15', 'closed_on': ''}),
    ('CA11', 'cases', 'cells', map {'opened_before_2020': 'perhaps'}),
    ('CA12', 'cases', 'cells', map {
        'service_task_code': 'X-DEMO-ENDED-TASK', 'opened_on': '2024-03-04', 'closed_on': ''
    }),
    ('CA20', 'cases', 'cells', map {'unit': concat('4110', chr(10), '4120')}),
    ('CA51', 'cases', 'cells', map {'opened_on': '1925-01-07', 'closed_on': '1925-03-02'}),
    ('CA52', 'cases', 'cells', map {
        'opened_on': '1999-03-01', 'closed_on': '2024-02-09', 'opened_before_2020': 'yes'
    }),
    ('CA53', 'cases', 'cells', map {
        'opened_on': '2021-05-03', 'closed_on': '', 'opened_before_2020': '1'
    }),
    ('CA54', 'cases', 'cells', map {'opened_on': '2024-02-01', 'closed_on': '2042-01-15'}),
    -- child protection relationships
    ('CP01', 'child_protection_relationships', 'cells', map {'relationship_id': ''}),
    ('CP02', 'child_protection_relationships', 'again', map {'organiser_code': 'PIRHA'}),
    ('CP03', 'child_protection_relationships', 'cells', map {'client_id': '{}-unknown'}),
    ('CP04', 'child_protection_relationships', 'cells', map {'organiser_code': 'OLD-TOWN'}),
    ('CP06', 'child_protection_relationships', 'cells', map {'started_on': '2024-1-5'}),
    ('CP07', 'child_protection_relationships', 'cells', map {
        'started_on': '', 'started_before_2020': ''
    }),
    ('CP08', 'child_protection_relationships', 'cells', map {'ended_on': '31.2.2024'}),
    ('CP09', 'child_protection_relationships', 'cells', map {
        'started_on': '2024-05-20', 'ended_on': '2024-05-02'
    }),
    ('CP10', 'child_protection_relationships', 'cells', map {
        'started_on': '2042-01-15', 'ended_on': ''
    }),
    ('CP11', 'child_protection_relationships', 'cells', map {'started_before_2020': 'perhaps'}),
    ('CP20', 'child_protection_relationships', 'cells', map {'unit': concat('4110', chr(10), '4120')}),
    ('CP51', 'child_protection_relationships', 'cells', map {
        'started_on': '2004-01-07', 'ended_on': '', 'started_before_2020': ''
    }),
    ('CP53', 'child_protection_relationships', 'cells', map {
        'started_on': '2015-02-02', 'ended_on': '2015-03-02', 'started_before_2020': ''
    }),
    ('CP54', 'child_protection_relationships', 'cells', map {'ended_on': '2042-01-15'}),
    -- decisions
    ('none, stands twice', 'decisions', 'again', map {'decision_id': '{}'}),
    ('DE01', 'decisions', 'cells', map {'decision_id': ''}),
    ('DE02', 'decisions', 'again', map {'decided_on': '2025-10-28'}),
    ('DE03', 'decisions', 'cells', map {'client_id': '{}-unknown'}),
    ('DE04', 'decisions', 'cells', map {'organiser_code': 'OLD-TOWN'}),
    ('DE05', 'decisions', 'cells', map {'service_task_code': '77'}),
    ('DE06', 'decisions', 'cells', map {'social_service_code': ''}),
    ('DE06', 'decisions', 'cells', map {'social_service_code': 'Kotihoito'}),
    ('DE07', 'decisions', 'cells', map {
        'service_task_code': '', 'decided_on': '2024-04-08', 'valid_from': '2024-05-01',
        'valid_until': '', 'decision_type_code': ''
    }),
    ('DE08', 'decisions', 'cells', map {'decided_on': '31.2.2024'}),
    ('DE09', 'decisions', 'cells', map {'valid_from': '0000-00-00'}),
    ('DE10', 'decisions', 'cells', map {'valid_until': '2024-1-5'}),
    ('DE11', 'decisions', 'cells', map {'valid_from': '2025-06-01', 'valid_until': '2025-05-01'}),
    ('DE12', 'decisions', 'cells', map {'decision_type_code': '8'}),
    ('DE13', 'decisions', 'cells', map {
        'decided_on': '2042-01-15', 'valid_from': '', 'valid_until': ''
    }),
    ('DE14', 'decisions', 'cells', map {
        'social_service_code': 'X-DEMO-ENDED-SERVICE', 'decided_on': '2024-03-04',
        'valid_from': '', 'valid_until': ''
    }),
    ('DE20', 'decisions', 'cells', map {'unit': concat('4110', chr(10), '4120')}),
    ('DE51', 'decisions', 'cells', map {
        'decided_on': '2025-03-03', 'valid_from': '2023-01-09', 'valid_until': '2026-06-30'
    }),
    ('DE52', 'decisions', 'cells', map {
        'decided_on': '1925-01-15', 'valid_from': '', 'valid_until': ''
    }),
    ('DE53', 'decisions', 'cells', map {'social_service_code': '777'}),
    ('DE54', 'decisions', 'cells', map {
        'decision_type_code': '2', 'decided_on': '', 'valid_from': '', 'valid_until': ''
    }),
    ('DE55', 'decisions', 'cells', map {
        'decided_on': '2024-04-08', 'valid_from': '', 'valid_until': '2101-12-31'
    }),
    -- services received
    ('none, stands twice', 'services_received', 'again', map {'record_id': '{}'}),
    ('none, other id', 'services_received', 'again', map {'record_id': '{}-B'}),
    ('SR01', 'services_received', 'cells', map {'record_id': ''}),
    ('SR02', 'services_received', 'again', map {'started_on': '2025-10-28', 'ended_on': ''}),
    ('SR03', 'services_received', 'cells', map {'client_id': '{}-unknown'}),
    ('SR04', 'services_received', 'cells', map {'organiser_code': 'OLD-TOWN'}),
    ('SR05', 'services_received', 'cells', map {'service_task_code': '77'}),
    ('SR06', 'services_received', 'cells', map {'social_service_code': ''}),
    ('SR06', 'services_received', 'cells', map {'social_service_code': 'Kotihoito'}),
    ('SR08', 'services_received', 'cells', map {'started_on': '31.2.2024'}),
    ('SR09', 'services_received', 'cells', map {'ended_on': '0000-00-00'}),
    ('SR10', 'services_received', 'cells', map {
        'started_on': '2024-05-20', 'ended_on': '2024-05-02'
    }),
    ('SR11', 'services_received', 'cells', map {'started_on': '2042-01-15', 'ended_on': ''}),
    ('SR12', 'services_received', 'cells', map {
        'started_on': '', 'ended_on': '', 'follow_up_period': ''
    }),
    ('SR13', 'services_received', 'cells', map {'follow_up_period': '2025-4'}),
    ('SR14', 'services_received', 'cells', map {
        'social_service_code': 'X-DEMO-ENDED-SERVICE', 'started_on': '2024-03-04', 'ended_on': ''
    }),
    ('SR20', 'services_received', 'cells', map {'unit': concat('4110', chr(10), '4120')}),
    ('SR51', 'services_received', 'cells', map {
        'started_on': '1925-01-15', 'ended_on': '1925-06-01'
    }),
    ('SR53', 'services_received', 'cells', map {'social_service_code': '777'}),
    ('SR54', 'services_received', 'cells', map {
        'started_on': '2024-02-01', 'ended_on': '2042-01-15'
    }),
    ('SR55', 'services_received', 'cells', map {
        'started_on': '', 'ended_on': '2019-05-31', 'follow_up_period': ''
    }),
    -- identity changes (IC03, CL09 and IC51: section 6)
    ('IC01', 'identity_changes', 'cells', map {'new_personal_identity_code': ''}),
    ('IC01', 'identity_changes', 'cells', map {'old_personal_identity_code': '310290-9123'}),
    ('IC02', 'identity_changes', 'again', map {
        'change_id': '{}-B',
        'new_personal_identity_code': identity_code(date '1980-02-29', 0, 998)
    }),
    ('IC04', 'identity_changes', 'again', map {'changed_on': '2020-02-02'}),
    ('IC20', 'identity_changes', 'cells', map {'unit': concat('4110', chr(10), '4120')})
) as fault (rule_id, source_table, manner, cells);

-- One row per version of a row that a fault falls on: the changed one, and with `again` also the
-- row as it was (cells empty).
create temp table planted as
with numbered as (
    select
        faults.*,
        place.person_group,
        place.every,
        place.first_no - 1 + row_number() over (
            partition by faults.source_table order by faults.rule_id, faults.cells::varchar
        ) as place_no
    from faults
    inner join fault_places as place using (source_table)
),

ordinals as (
    select person_no, 'adult' as person_group, adult_no as ordinal
    from persons
    where adult_no is not null
    union all
    select person_no, 'protected' as person_group, protected_no as ordinal
    from persons
    where protected_no is not null
    union all
    select person_no, 'changed' as person_group, changed_no as ordinal
    from persons
    where changed_no is not null
),

changed as (
    select numbered.source_table, numbered.manner, numbered.cells, ordinals.person_no
    from ordinals
    inner join numbered
        on
            ordinals.person_group = numbered.person_group
            and ordinals.ordinal % numbered.every = numbered.place_no
)

select source_table, person_no, cells
from changed
union all
select source_table, person_no, null as cells
from changed
where manner = 'again';

create macro cell(cells, column_name, value) as nullif(
    coalesce(replace(cells[column_name], '{}', coalesce(value, '')), value),
    ''
);


-- 6 Rows written by hand --------------------------------------------------------------------------

-- The register's figure (figure-A to figure-D), persons whom a fault needs, and demo_old, a retired
-- system of which half the cases start on exactly 2020-01-01 (CA55).
create temp table written_clients as
from (
    values
    ('demo_north', 'figure-A', identity_code(date '1948-04-12', 0, 990), '837', 'N'),
    ('demo_north', 'figure-B', identity_code(date '1984-09-03', 0, 991), '536', 'M'),
    ('demo_north', 'figure-C', identity_code(date '1995-01-27', 0, 992), '980', 'N'),
    ('demo_north', 'figure-D', identity_code(date '2014-06-18', 0, 993), '837', 'M'),
    ('demo_south', 'grown-up', identity_code(date '1990-11-05', 0, 994), '837', '2'),
    ('demo_south', 'looping', identity_code(date '1990-11-05', 0, 995), '837', '1'),
    ('demo_old', 'old-1', identity_code(date '1951-03-08', 0, 990), '790', '2'),
    ('demo_old', 'old-2', identity_code(date '1947-12-24', 0, 991), '790', '1'),
    ('demo_old', 'old-3', identity_code(date '1972-07-30', 0, 992), '581', '2'),
    ('demo_old', 'old-4', identity_code(date '1988-10-11', 0, 993), '581', '1'),
    ('demo_old', 'old-5', identity_code(date '2009-05-06', 0, 994), '936', '2')
) as client (
    source_system, client_id, personal_identity_code, home_municipality_code, sex_code
);

create temp table written_cases as
from (
    values
    ('demo_north', 'figure-A-1', 'figure-A', null, 'IAK', '2023-03-01', null, null),
    ('demo_north', 'figure-B-1', 'figure-B', null, 'PAIH', '2025-11-10', null, null),
    ('demo_north', 'figure-C-1', 'figure-C', null, 'VAMM', '2022-05-02', '2025-11-14', null),
    ('demo_north', 'figure-D-1', 'figure-D', null, 'LASU', '2024-02-05', '2025-10-20', null),
    ('demo_north', 'figure-D-2', 'figure-D', null, 'LASU', '2025-12-01', null, null),
    ('demo_south', 'grown-up-1', 'grown-up', null, '10', '2024-09-02', '2025-10-10', null),
    ('demo_south', 'looping-1', 'looping', null, '15', '2024-09-02', null, null),
    ('demo_old', 'old-1-1', 'old-1', null, 'X-ELDERLY', null, '2022-03-31', 'true'),
    ('demo_old', 'old-1-2', 'old-1', null, '20', '2021-06-14', '2022-03-31', null),
    ('demo_old', 'old-2-1', 'old-2', null, 'X-ELDERLY', '2020-01-01', '2022-03-31', null),
    ('demo_old', 'old-3-1', 'old-3', null, '15', '2020-01-01', '2021-08-20', null),
    ('demo_old', 'old-3-2', 'old-3', null, 'X-WORKING-AGE', '2021-02-01', '2022-01-17', null),
    ('demo_old', 'old-4-1', 'old-4', null, 'X-WORKING-AGE', null, '2022-03-31', '1'),
    ('demo_old', 'old-4-2', 'old-4', null, '15', '2021-10-04', '2022-03-31', null),
    ('demo_old', 'old-5-1', 'old-5', null, 'X-FAMILIES', '2020-09-15', '2022-03-31', null),
    ('demo_old', 'old-5-2', 'old-5', null, 'X-FAMILIES', '31.2.2021', '2022-03-31', null),
    ('demo_old', 'old-5-2', 'old-5', null, 'X-FAMILIES', '31.2.2021', '2022-03-31', null)
) as "case" (
    source_system, case_id, client_id, organiser_code, service_task_code, opened_on, closed_on,
    opened_before_2020
);

-- grown-up breaks CP52: a client of 33 at the start
create temp table written_relationships as
from (
    values
    ('demo_north', 'figure-D-1', 'figure-D', null, '2024-02-05', '2025-10-20', null),
    ('demo_north', 'figure-D-2', 'figure-D', null, '2025-12-01', null, null),
    ('demo_south', 'grown-up-1', 'grown-up', null, '2024-09-02', '2025-10-10', null)
) as relationship (
    source_system, relationship_id, client_id, organiser_code, started_on, ended_on,
    started_before_2020
);

create temp table written_decisions as
from (
    values
    (
        'demo_north', 'figure-A-1', 'figure-A', null, 'YMPVR', 'IAK', '2023-03-15', '2023-04-01',
        null, 'MYO'
    ),
    (
        'demo_north', 'figure-B-1', 'figure-B', null, 'LAITOS', 'PAIH', '2025-11-24',
        '2025-12-01', '2026-05-31', 'MYO'
    ),
    (
        'demo_north', 'figure-C-1', 'figure-C', null, 'PVTOIM', 'VAMM', '2022-05-30',
        '2022-06-01', '2025-11-14', 'MYO'
    ),
    (
        'demo_north', 'figure-D-1', 'figure-D', null, 'TUKIS', 'LASU', '2025-10-13', null, null,
        'KIE'
    )
) as decision (
    source_system, decision_id, client_id, organiser_code, social_service_code, service_task_code,
    decided_on, valid_from, valid_until, decision_type_code
);

create temp table written_services as
from (
    values
    (
        'demo_north', 'figure-A-1', 'figure-A', null, 'YMPVR', 'IAK', '2023-04-01', null, null
    ),
    (
        'demo_north', 'figure-B-1', 'figure-B', null, 'LAITOS', 'PAIH', '2025-12-01', null, null
    ),
    (
        'demo_north', 'figure-C-1', 'figure-C', null, 'PVTOIM', 'VAMM', '2022-06-01',
        '2025-11-14', null
    ),
    (
        'demo_north', 'figure-D-1', 'figure-D', null, 'SOSTYO', 'LASU', '2024-02-19',
        '2025-10-20', null
    ),
    (
        'demo_north', 'figure-D-2', 'figure-D', null, 'SOSTYO', 'LASU', '2025-12-08', null, null
    )
) as service (
    source_system, record_id, client_id, organiser_code, social_service_code, service_task_code,
    started_on, ended_on, follow_up_period
);

-- the code of looping leads to another one and back (IC03, CL09), another one to itself (IC51)
create temp table written_changes as
from (
    values
    (
        'demo_south', 'looping-1', identity_code(date '1990-11-05', 0, 995),
        identity_code(date '1990-11-05', 0, 997), '2022-03-01'
    ),
    (
        'demo_south', 'looping-2', identity_code(date '1990-11-05', 0, 997),
        identity_code(date '1990-11-05', 0, 995), '2023-03-01'
    ),
    (
        'demo_south', 'to-itself-1', identity_code(date '1990-11-05', 0, 999),
        identity_code(date '1990-11-05', 0, 999), '2023-03-01'
    )
) as change (
    source_system, change_id, old_personal_identity_code, new_personal_identity_code, changed_on
);


-- 7 The six tables --------------------------------------------------------------------------------

create view clients as
with records as (
    select
        *,
        1 as record_no,
        system_1 as source_system,
        client_1 as client_id,
        -- half of those whose code has changed stand under the old one
        codes > 1 and draw(person_no, 'recorded', 2) = 0 as is_old_code
    from persons
    union all
    select
        *,
        2 as record_no,
        system_2 as source_system,
        client_2 as client_id,
        false as is_old_code
    from persons
    where system_2 is not null
),

described as (
    select
        *,
        municipality_of(person_no) as national_municipality_code,
        case
            when draw(person_no, 'sex', 1000) = 0 then '0'
            when number % 2 = 1 then '1'
            else '2'
        end as national_sex_code,
        draw(person_no * 2 + record_no, 'updated', 1800)::int as updated_draw,
        (date '2021-02-01' + updated_draw)::varchar as updated_day,
        case
            when updated_draw < 20 then null
            when source_system = 'demo_south' then updated_day
            else concat(updated_day, 'T', lpad((8 + updated_draw % 9)::varchar, 2, '0'), ':30:00Z')
        end as updated_at
    from records
)

select
    cell(cells, 'source_system', record.source_system) as source_system,
    cell(cells, 'client_id', client_id) as client_id,
    cell(
        cells,
        'personal_identity_code',
        identity_code(born_on, sign_no + if(is_old_code, 3, 0), number)
    ) as personal_identity_code,
    cell(
        cells,
        'home_municipality_code',
        coalesce(local_municipality.local_code, national_municipality_code)
    ) as home_municipality_code,
    cell(cells, 'sex_code', coalesce(local_sex.local_code, national_sex_code)) as sex_code,
    cell(cells, 'updated_at', updated_at) as updated_at,
    cell(cells, 'unit', unit_of(record.person_no, record.source_system)) as unit
from described as record
left join local_codes_of('municipality') as local_municipality
    on
        record.source_system = local_municipality.source_system
        and record.national_municipality_code = local_municipality.national_code
left join local_codes_of('sex') as local_sex
    on
        record.source_system = local_sex.source_system
        and record.national_sex_code = local_sex.national_code
left join planted
    on
        planted.source_table = 'clients'
        and record.person_no = planted.person_no
        and record.record_no = 1
union all by name
select
    *,
    if(source_system = 'demo_old', '2022-03-31', '2025-12-15') as updated_at
from written_clients;

create view cases as
select
    cell(cells, 'source_system', chain_case.source_system) as source_system,
    cell(
        cells,
        'case_id',
        row_id(chain_case.source_system, 'C', chain_case.person_no, chain_no, case_no)
    ) as case_id,
    cell(cells, 'client_id', client_id) as client_id,
    cell(
        cells, 'organiser_code', organiser_of(case_key, chain_case.source_system)
    ) as organiser_code,
    cell(
        cells, 'service_task_code', coalesce(local_task.local_code, task_code)
    ) as service_task_code,
    cell(cells, 'opened_on', opened_on::varchar) as opened_on,
    cell(cells, 'closed_on', closed_on::varchar) as closed_on,
    cell(cells, 'opened_before_2020', if(opened_before_2020, 'true', null)) as opened_before_2020,
    cell(cells, 'unit', unit_of(chain_case.person_no, chain_case.source_system)) as unit
from chain_cases as chain_case
left join local_codes_of('service_task') as local_task
    on
        chain_case.source_system = local_task.source_system
        and chain_case.task_code = local_task.national_code
left join planted
    on
        planted.source_table = 'cases'
        and chain_case.person_no = planted.person_no
        and chain_case.chain_no = 1
        and chain_case.case_no = 0
union all by name
select * from written_cases;

-- A relationship for each child protection case of a protected child, begun up to two weeks later.
create view child_protection_relationships as
with dated as (
    select
        *,
        opened_on + draw(case_key, 'protection', 15)::int as wanted_on,
        if(wanted_on > coalesce(closed_on, date '2025-12-31'), opened_on, wanted_on) as begun_on
    from chain_cases
    where is_protected and chain_no = 1
)

select
    cell(cells, 'source_system', dated.source_system) as source_system,
    cell(
        cells,
        'relationship_id',
        row_id(dated.source_system, 'R', dated.person_no, chain_no, case_no)
    ) as relationship_id,
    cell(cells, 'client_id', client_id) as client_id,
    cell(cells, 'organiser_code', organiser_of(case_key, dated.source_system)) as organiser_code,
    cell(cells, 'started_on', begun_on::varchar) as started_on,
    cell(cells, 'ended_on', closed_on::varchar) as ended_on,
    cell(
        cells, 'started_before_2020', if(opened_before_2020, 'true', null)
    ) as started_before_2020,
    cell(cells, 'unit', unit_of(dated.person_no, dated.source_system)) as unit
from dated
left join planted
    on
        planted.source_table = 'child_protection_relationships'
        and dated.person_no = planted.person_no
        and dated.case_no = 0
union all by name
select * from written_relationships;

create view decisions as
with drawn as (
    select
        person_no,
        chain_no,
        chain_key,
        chain_days,
        chains_of_person,
        task_code,
        is_open,
        started_on,
        system_1 as source_system,
        client_1 as client_id,
        unnest(range(draw_from(chain_key, 'decisions', [1, 1, 1, 2, 2, 3, 3, 4]))) as decision_no,
        chain_key * 16 + decision_no as decision_key,
        draw(decision_key, 'type', 100) as type_draw,
        started_on + draw(decision_key, 'decided', chain_days + 1)::int as drawn_on
    from chains
),

described as (
    select
        *,
        case
            when type_draw < 12 then '2'
            when type_draw < 16 then 'X-PARTLY'
            when type_draw < 19 then null
            else '1'
        end as type_code,
        -- without a task only where it can be inferred: the person's one chain goes on
        if(
            chains_of_person = 1 and is_open and task_code <> 'X-FAMILY-LAW'
            and draw(decision_key, 'no task', 100) < 12,
            null,
            task_code
        ) as decision_task_code,
        social_service_of(decision_key, task_code) as service_code,
        drawn_on + draw(decision_key, 'delay', 30)::int as begins_on,
        if(
            type_code = '2' or draw(decision_key, 'from', 100) < 8, null, begins_on
        ) as valid_from,
        if(
            type_code = '2' or draw(decision_key, 'until', 100) < 25,
            null,
            begins_on + 90 + draw(decision_key, 'validity', 700)::int
        ) as valid_until,
        if(
            type_code <> '2' and draw(decision_key, 'undated', 100) < 1, null, drawn_on
        ) as decided_on
    from drawn
)

select
    cell(cells, 'source_system', decision.source_system) as source_system,
    cell(
        cells,
        'decision_id',
        row_id(decision.source_system, 'D', decision.person_no, chain_no, decision_no)
    ) as decision_id,
    cell(cells, 'client_id', client_id) as client_id,
    cell(
        cells, 'organiser_code', organiser_of(decision_key, decision.source_system)
    ) as organiser_code,
    cell(
        cells, 'social_service_code', coalesce(local_service.local_code, service_code)
    ) as social_service_code,
    cell(
        cells, 'service_task_code', coalesce(local_task.local_code, decision_task_code)
    ) as service_task_code,
    cell(cells, 'decided_on', decided_on::varchar) as decided_on,
    cell(cells, 'valid_from', valid_from::varchar) as valid_from,
    cell(cells, 'valid_until', valid_until::varchar) as valid_until,
    cell(
        cells, 'decision_type_code', coalesce(local_type.local_code, type_code)
    ) as decision_type_code,
    cell(cells, 'unit', unit_of(decision.person_no, decision.source_system)) as unit
from described as decision
left join local_codes_of('social_service') as local_service
    on
        decision.source_system = local_service.source_system
        and decision.service_code = local_service.national_code
left join local_codes_of('service_task') as local_task
    on
        decision.source_system = local_task.source_system
        and decision.decision_task_code = local_task.national_code
left join local_codes_of('decision_type') as local_type
    on
        decision.source_system = local_type.source_system
        and decision.type_code = local_type.national_code
left join planted
    on
        planted.source_table = 'decisions'
        and decision.person_no = planted.person_no
        and decision.chain_no = 1
        and decision.decision_no = 0
union all by name
select * from written_decisions;

create view services_received as
with drawn as (
    select
        person_no,
        chain_no,
        chain_key,
        chain_days,
        task_code,
        is_open,
        started_on,
        system_1 as source_system,
        client_1 as client_id,
        unnest(range(draw_from(chain_key, 'services', [1, 2, 3, 4, 4, 5, 6, 9]))) as service_no,
        chain_key * 16 + service_no as service_key,
        started_on + draw(service_key, 'begun', chain_days + 1)::int as begun_on,
        begun_on + draw(service_key, 'duration', 400)::int as over_on,
        draw(service_key, 'dates', 100) as dates_draw
    from chains
),

described as (
    select
        *,
        if(draw(service_key, 'no task', 100) < 10, null, task_code) as service_task_code,
        social_service_of(service_key, task_code) as service_code,
        -- of a hundred services six have no dates but a period, three have no start
        if(dates_draw < 9, null, begun_on) as service_started_on,
        if(
            dates_draw < 6
            or (dates_draw >= 9 and dates_draw < if(is_open, 45, 15))
            or (dates_draw >= 9 and over_on > date '2025-12-31'),
            null,
            if(dates_draw < 9, greatest(least(over_on, date '2025-12-31'), date '2020-01-01'), over_on)
        ) as service_ended_on,
        if(dates_draw < 6 or dates_draw >= 97, strftime(begun_on, '%Y'), null) as label_year,
        concat(label_year, 'Q', quarter(begun_on)) as label
    from drawn
)

select
    cell(cells, 'source_system', service.source_system) as source_system,
    cell(
        cells,
        'record_id',
        row_id(service.source_system, 'S', service.person_no, chain_no, service_no)
    ) as record_id,
    cell(cells, 'client_id', client_id) as client_id,
    cell(
        cells, 'organiser_code', organiser_of(service_key, service.source_system)
    ) as organiser_code,
    cell(
        cells, 'social_service_code', coalesce(local_service.local_code, service_code)
    ) as social_service_code,
    cell(
        cells, 'service_task_code', coalesce(local_task.local_code, service_task_code)
    ) as service_task_code,
    cell(cells, 'started_on', service_started_on::varchar) as started_on,
    cell(cells, 'ended_on', service_ended_on::varchar) as ended_on,
    cell(cells, 'follow_up_period', if(label_year is null, null, label)) as follow_up_period,
    cell(cells, 'unit', unit_of(service.person_no, service.source_system)) as unit
from described as service
left join local_codes_of('social_service') as local_service
    on
        service.source_system = local_service.source_system
        and service.service_code = local_service.national_code
left join local_codes_of('service_task') as local_task
    on
        service.source_system = local_task.source_system
        and service.service_task_code = local_task.national_code
left join planted
    on
        planted.source_table = 'services_received'
        and service.person_no = planted.person_no
        and service.chain_no = 1
        and service.service_no = 0
union all by name
select * from written_services;

create view identity_changes as
with changes as (
    select
        *,
        identity_code(born_on, sign_no, number) as code_in_use,
        identity_code(born_on, sign_no + 3, number) as old_code,
        identity_code(born_on, between_sign_no, between_number) as between_code,
        unnest(range(1, codes)) as change_no,
        (date '2020-06-01' + draw(person_no, 'change', 900)::int + change_no::int * 500)::varchar
            as drawn_on
    from persons
    where codes > 1
)

select
    cell(cells, 'source_system', system_1) as source_system,
    cell(cells, 'change_id', row_id(system_1, 'I', change.person_no, change_no)) as change_id,
    cell(
        cells, 'old_personal_identity_code', if(change_no = 1, old_code, between_code)
    ) as old_personal_identity_code,
    cell(
        cells,
        'new_personal_identity_code',
        if(change_no = codes - 1, code_in_use, between_code)
    ) as new_personal_identity_code,
    cell(cells, 'changed_on', drawn_on) as changed_on,
    cell(cells, 'unit', unit_of(change.person_no, system_1)) as unit
from changes as change
left join planted
    on
        planted.source_table = 'identity_changes'
        and change.person_no = planted.person_no
        and change.change_no = 1
union all by name
select * from written_changes;
