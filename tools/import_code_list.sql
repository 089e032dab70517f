-- Brings a downloaded code list together with the seed that it replaces, for import_code_list.py.
--
-- In: variables; of these, `given` has each cell of the files (place = which code it is, label = its heading).
-- Out: `problems`, the worst first (nothing is written while there is one); `new_seed`; `register`; `notes`; `new_codes` for the
-- code map.

-- The day of a moment is its day in Finland.
set timezone = 'Europe/Helsinki';

create macro read_seed(path) as table
select coalesce(columns(*), '')
from read_csv(path, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"');

-- 31.1.2015, 20150131, milliseconds since 1970, an ISO day or an ISO moment; null for what is no date.
create macro read_day(written) as case
    when written = '' then ''
    when regexp_full_match(written, '[0-9]{8}|[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}')
        then strftime(try_strptime(written, ['%Y%m%d', '%d.%m.%Y']), '%Y-%m-%d')
    when regexp_full_match(written, '-?[0-9]{9,14}')
        then strftime(make_timestamptz(cast(written as bigint) * 1000), '%Y-%m-%d')
    when regexp_full_match(written, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?')
        then strftime(try_cast(written as timestamptz), '%Y-%m-%d')
end;

create macro first_ten(codes) as array_to_string(codes[:10], ', ') || if(len(codes) > 10, ', …', '');

-- 1 What there is: what headings mean, the best one first; what own columns may hold, which no list tells; and so on.
create table labels as
select row_number() over () as priority, * from read_seed(getvariable('labels_path'));

create table choices as
select split_part(meaning, '.', 2) as column_name, string_agg(label, ' or ' order by priority) as allowed
from labels
where split_part(meaning, '.', 1) = getvariable('classification')
group by meaning;

create table seed as
select row_number() over () as seed_place, * from read_seed(getvariable('seed_path'));

create table register as
from read_seed(getvariable('register_path'));

-- A register of before the column has no forms.
create table facts as
from (from register union all by name select '' as code_form where false)
where classification = getvariable('classification');

create table given as
select unnest(cast(getvariable('given') as struct(file text, place int, label text, cell text)[]), recursive := true);

create table settings as
select unnest(
    cast(getvariable('settings') as struct(setting text, code text, column_name text, cell text)[]), recursive := true
);

-- 2 What the files tell, by columns of the seed. The language of the REST interface (LongName|sv) is surer than that of a label.
create table told as
select
    file,
    place,
    if(meaning like 'name%' and given.label like '%|__', 'name_' || right(given.label, 2), meaning) as column_name,
    arg_min(cell, priority) as written,
    if(any_value(meaning) like 'valid%', read_day(written), written) as cell
from given
inner join labels on split_part(given.label, '|', 1) = labels.label
where cell != '' or meaning not like 'name%'
group by file, place, column_name;

create table entries as
select
    file,
    place,
    any_value(cell) filter (where column_name = 'code') as code,
    any_value(cell) filter (where column_name = 'name_fi') as name_fi,
    any_value(cell) filter (where column_name = 'name_sv') as name_sv
from told
where column_name != 'total'
group by file, place;

-- 3 The row of the seed that a code goes on from: its own, else the provisional one of the same Finnish, else Swedish, name.
create table matches as
select distinct on (place) place, entries.code, seed_place, seed.code as old_code
from entries
left join seed
    on entries.code = seed.code
    or (
        status = 'provisional'
        and (lower(entries.name_fi) = lower(seed.name_fi) or lower(entries.name_sv) = lower(seed.name_sv))
    )
order by
    place,
    (entries.code = seed.code) desc nulls last,
    (lower(entries.name_fi) = lower(seed.name_fi)) desc nulls last,
    seed_place;

create table new_codes as
select old_code, string_agg(code, ', ' order by place) as new_code, count(*) as heirs
from matches
where old_code != code
group by old_code;

-- 4 The new seed, cell by cell. Part 1 comes from the files, 2 and 3 stay without them, 4 goes.
create table new_rows as
select 1 as part, place, code, seed_place from matches
union all
select
    case when status = 'provisional' then 2 when valid_to != '' and valid_to < getvariable('as_of') then 3 else 4 end,
    seed_place,
    code,
    seed_place
from seed
where seed_place not in (select seed_place from matches where seed_place is not null);

create table seed_columns as
select column_name, column_index
from duckdb_columns()
where table_name = 'seed' and column_name != 'seed_place';

create table cells as
with old_cells as (
    unpivot seed on columns(* exclude (seed_place)) into name column_name value cell
)

select
    part,
    place,
    code,
    column_name,
    column_index,
    coalesce(
        settings.cell, if(part = 1, if(column_name = 'status', 'national', told.cell), null), old_cells.cell, ''
    ) as cell
from new_rows
cross join seed_columns
left join settings using (code, column_name)
left join told using (place, column_name)
left join old_cells using (seed_place, column_name);

create table new_seed as
select cells
from (
    select 0 as part, 0 as place, list(column_name order by column_index) as cells from seed_columns
    union all
    select part, place, list(cell order by column_index) from cells where part < 4 group by part, place
)
order by part, place;

-- 5 What is wrong with: 1 a file, 3 the list, 4 the form of its codes, 5 its codes. What is much worse is told alone.
create table problems as
with all_problems as (
    select 1 as worst, 'classifications.csv has no row for ' || getvariable('classification') as sentence
    where not exists (from facts)
    union all
    select 1, '--as-of ' || getvariable('as_of') || ' is not a date such as 2024-01-31'
    where read_day(getvariable('as_of')) is distinct from getvariable('as_of')
    union all
    select 1, 'the file holds no codes: download the list again'
    where not exists (from given where label != 'totalitems')
    union all
    select 1, 'the file holds ' || count(*) || ' of the ' || max(cast(cell as int))
        || ' codes of the list: download all pages and give their files together'
    from told
    where column_name = 'total'
    having max(cast(cell as int)) > count(*)
    union all
    select distinct 1, file || ' has no header with a column for the code ('
        || (select string_agg(label, ', ' order by priority) from labels where meaning = 'code')
        || ') and is not JSON of the code server: give CSV with a header row'
    from given
    where label != 'totalitems' and file not in (select file from told where column_name = 'code')
    union all
    select distinct 1, 'the file holds the list ' || cell || ', but ' || oid || ' was asked for'
    from told
    cross join facts
    where column_name = 'list' and cell like '1.2.246.%' and not starts_with(cell || '.', oid || '.')
    union all
    select 3, 'the file has none of the national codes that the list ' || any_value(name) || ' (' || any_value(oid)
        || ') has now (' || first_ten(list(code order by seed_place))
        || '): it is another list, or the codes are in another column'
    from seed
    cross join facts
    where status = 'national'
    having not bool_or(code in (select code from entries where code is not null))
    union all
    select 4, count(*) || if(count(*) = 1, ' code does', ' codes do') || ' not have the form ' || any_value(code_form)
        || ' of the list ' || getvariable('classification') || ': ' || first_ten(list(code order by place))
        || ' (a spreadsheet may have dropped zeros: import the file as it was downloaded)'
    from entries
    cross join facts
    where code != '' and code_form != '' and not regexp_full_match(code, code_form)
    having count(*) > 0
    union all
    select 5, file || ' has an empty code in ' || count(*) || if(count(*) = 1, ' row', ' rows')
    from entries
    where code = ''
    group by file
    union all
    select 5, 'what stands more than once in the file: code ' || string_agg(distinct code, ', ' order by code)
    from (from entries where code != '' qualify count(*) over (partition by code) > 1)
    having count(*) > 0
    union all
    select 5, 'not a date: ' || string_agg('“' || written[:40] || '” of code ' || code, ', ' order by place, column_name)
    from told
    inner join entries using (place)
    where cell is null
    having count(*) > 0
    union all
    select 5, 'neither a Finnish nor a Swedish name has code ' || string_agg(code, ', ' order by place)
    from (
        select place, code
        from cells
        where part = 1 and code != '' and column_name in ('name_fi', 'name_sv')
        group by place, code
        having max(cell) = ''
    )
    having count(*) > 0
    union all
    select 5, '--set ' || setting || case
        when code = '' then ' is not of the form CODE.column=value'
        when code not in (select code from cells where part < 4) then ' names code ' || code || ', which is not in the list'
        when column_name in ('code', 'name_fi', 'name_sv', 'status', 'valid_from', 'valid_to')
            or column_name not in (select column_name from cells)
            then ': ' || column_name || ' is not one of the project''s own columns'
        when cell not in string_split(allowed, ' or ') then ': the value must be ' || allowed
    end as fault
    from settings
    left join choices using (column_name)
    where fault is not null
    union all
    select 5, 'no list tells this, so add '
        || string_agg('--set ' || code || '.' || column_name || '=…', ' ' order by part, place, column_index)
        || ' (' || string_agg(distinct column_name || ' is ' || allowed, ', ' order by column_name || ' is ' || allowed)
        || '; ' || array_to_string(list_sort(list(distinct code || ' is ' || coalesce(name_fi, name_sv, ''))), ', ') || ')'
    from cells
    inner join choices using (column_name)
    left join entries using (place, code)
    where part < 4 and code != '' and cell not in string_split(allowed, ' or ')
    having count(*) > 0
)

select sentence
from all_problems
where worst <= (select min(worst) + 1 from all_problems)
order by worst, sentence;

-- 6 What to tell of an import, and that the list is complete.
update register set source = getvariable('source'), as_of = getvariable('as_of'), is_complete = 'true'
where classification = getvariable('classification');

create table notes as
select 0 as part, getvariable('classification') || ': ' || count(*) || ' national codes imported, complete as of '
    || getvariable('as_of') as sentence
from matches
union all
select 1, new_code || if(heirs = 1, ' takes the place of the provisional ' || old_code,
    ' take the place of the provisional ' || old_code || ': its rows of the code map are left for you')
from new_codes
union all
select part, ['', 'provisional codes without a match in the file stay', 'ended codes that the file lacks stay',
    'other codes that the file lacks are gone'][part] || ': ' || string_agg(code, ', ' order by place)
from new_rows
where part > 1
group by part;
