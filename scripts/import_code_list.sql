-- Brings a downloaded code list together with the seed that it replaces. Run by import_code_list.py.
--
-- In: the variables `classification`, `as_of`, `source`, `seed_path`, `register_path` and `labels_path`; and the tables
-- `files`, `csv_rows` (row = line, 0 = the header), `documents` (JSON), `settings` and `replaced` (--set, --replaced).
-- Out: `shown_problems` (nothing is written while there is one), `cells` and `new_register` (the new seeds, where part 4
-- of the cells is what goes), `new_codes` (for the code map) and `notes`.


-- 1 What there is -----------------------------------------------------------------------------------------------------

-- What the code server and its exports call things, the best one first; and what an own column that no list tells may hold.
create table labels as
select row_number() over () as rank, meaning, coalesce(label, '') as label
from read_csv(getvariable('labels_path'), all_varchar = true, header = true, delim = ',', quote = '"', escape = '"');

create table seed as
select row_number() over () as place, coalesce(columns(*), '')
from read_csv(getvariable('seed_path'), all_varchar = true, header = true, delim = ',', quote = '"', escape = '"');

create table register as
select coalesce(columns(*), '')
from read_csv(getvariable('register_path'), all_varchar = true, header = true, delim = ',', quote = '"', escape = '"');

-- One row. A register of before the column has no forms.
create table facts as
select *
from (select * from register union all by name select '' as code_form where false)
where classification = getvariable('classification');

create table pages as
select file, unnest(document, max_depth := 2)
from (
    select
        file,
        from_json(
            document,
            '[{"totalItems": "bigint", "conceptCodes": [{
                "conceptCodeId": "text", "classificationId": "text", "status": "text", "beginDate": "text",
                "expirationDate": "text",
                "attributes": [{"attributeName": "text", "attributeValue": ["text"], "language": "text"}]
            }]}]'
        ) as document
    from documents
);

create table concepts as
select row_number() over () as row, *
from (select file, unnest(conceptcodes, max_depth := 2) from pages);

-- One row for each value that a file holds. Codes of the code server that are proposals or deleted are left out.
create table fields as
with given as (
    select
        csv_rows.file,
        csv_rows.row,
        generate_subscripts(headers.cells, 1) as position,
        unnest(headers.cells) as label,
        null as language,
        unnest(csv_rows.cells[:len(headers.cells)]) as value,
        false as is_attribute
    from csv_rows
    inner join csv_rows as headers on csv_rows.file = headers.file and headers.row = 0
    union all
    select
        file,
        row,
        0,
        unnest(['conceptCodeId', 'beginDate', 'expirationDate']),
        null,
        unnest([conceptcodeid, begindate, expirationdate]),
        false
    from concepts
    where upper(coalesce(status, 'ACTIVE')) = 'ACTIVE'
    union all
    select
        file,
        row,
        generate_subscripts(attributes, 1),
        unnest(attributes).attributename,
        unnest(attributes).language,
        list_filter(unnest(attributes).attributevalue, lambda value: value != '')[1],
        true
    from concepts
    where upper(coalesce(status, 'ACTIVE')) = 'ACTIVE'
)

select * replace (coalesce(label, '') as label, coalesce(trim(value), '') as value)
from given;


-- 2 What the files say: one row for each code, null where they are silent ---------------------------------------------

create macro squeeze(label) as lower(regexp_replace(nfc_normalize(label), '[^\p{L}\p{N}]', '', 'g'));

create macro one_spaced(text) as trim(regexp_replace(text, '[\s\p{Z}]+', ' ', 'g'));

create macro fold(name) as lower(one_spaced(name));

create macro day_in_finland(moment) as cast(cast(moment at time zone 'Europe/Helsinki' as date) as text);

-- Four forms, and null for what is no date. Years before 1 and after 9999 have no ten characters.
create macro read_day(value) as (
    select case when length(day) in (0, 10) then day end
    from (
        select
            case
                when value = '' then ''
                when regexp_full_match(value, '[0-9]{8}|[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}')
                    then strftime(try_strptime(value, ['%Y%m%d', '%d.%m.%Y']), '%Y-%m-%d')
                when regexp_full_match(value, '0|-?[0-9]{9,}')
                    then try(day_in_finland(make_timestamptz(cast(value as bigint) * 1000)))
                when regexp_full_match(value, '[0-9-]{10}[T ].*(Z|[+-][0-9]{2}(:?[0-9]{2})?)')
                    then day_in_finland(try_cast(value as timestamptz))
                when regexp_full_match(value, '[0-9]{4}-[0-9]{2}-[0-9]{2}.*')
                    then cast(cast(try_cast(value as timestamp) as date) as text)
            end as day
    )
);

-- 'LongName_sv', 'LongNameSv' and 'LongName (sv)' are the name `longname` in Swedish.
create table name_labels as
with label_words as (
    select label, unnest(words) as word, generate_subscripts(words, 1) as place
    from (
        select distinct
            label,
            regexp_extract_all(
                lower(regexp_replace(nfc_normalize(label), '([a-zåäö])([A-ZÅÄÖ])', '\1 \2', 'g')), '[\p{L}\p{N}]+'
            ) as words
        from fields
    )
)

select
    label_words.label,
    coalesce(string_agg(word, '' order by place) filter (where languages.meaning is null), '') as kind,
    arg_min(languages.meaning, languages.rank) as language
from label_words
left join labels as languages on label_words.word = languages.label and languages.meaning in ('fi', 'sv', 'en')
group by label_words.label;

create table told as
select file, row, meaning, arg_min(value, (rank, position)) as value
from fields
inner join labels on squeeze(fields.label) = labels.label
where meaning in ('code', 'valid_from', 'valid_to') and not is_attribute
group by file, row, meaning
union all
select
    file,
    row,
    'name_' || lower(left(coalesce(nullif(fields.language, ''), name_labels.language, 'fi'), 2)) as told_meaning,
    arg_min(one_spaced(value), (rank, position)) as value
from fields
inner join name_labels on fields.label = name_labels.label
inner join labels on name_labels.kind = labels.label and labels.meaning = 'name'
where value != '' and (kind != '' or name_labels.language is not null)
group by file, row, told_meaning;

create table entries as
select
    row_number() over (order by file, row) as place,
    file,
    any_value(value) filter (where meaning = 'code') as code,
    any_value(value) filter (where meaning = 'name_fi') as name_fi,
    any_value(value) filter (where meaning = 'name_sv') as name_sv,
    any_value(value) filter (where meaning = 'valid_from') as valid_from_text,
    any_value(value) filter (where meaning = 'valid_to') as valid_to_text,
    read_day(valid_from_text) as valid_from,
    read_day(valid_to_text) as valid_to
from told
where row > 0
group by file, row;


-- 3 The new seed ------------------------------------------------------------------------------------------------------

-- A new code takes over from the provisional row of the same Finnish, else Swedish, name.
create table heirs as
select distinct on (entries.place)
    entries.place,
    entries.code,
    seed.code as provisional_code
from entries
inner join seed
    on
        seed.status = 'provisional'
        and (
            (seed.name_fi != '' and fold(entries.name_fi) = fold(seed.name_fi))
            or (seed.name_sv != '' and fold(entries.name_sv) = fold(seed.name_sv))
        )
where entries.code not in (select code from seed)
order by entries.place, coalesce(seed.name_fi != '' and fold(entries.name_fi) = fold(seed.name_fi), false) desc, seed.place;

create table merged as
with listed as (
    select
        1 as part,
        entries.place,
        seed.* exclude (place)
        replace (
            entries.code as code,
            coalesce(entries.name_fi, seed.name_fi) as name_fi,
            coalesce(entries.name_sv, seed.name_sv) as name_sv,
            'national' as status,
            coalesce(entries.valid_from, seed.valid_from) as valid_from,
            coalesce(entries.valid_to, seed.valid_to) as valid_to
        )
    from entries
    left join heirs on entries.place = heirs.place
    left join seed on coalesce(heirs.provisional_code, entries.code) = seed.code
),

unlisted as (
    select
        case
            when status = 'provisional' then 2
            when valid_to != '' and valid_to < getvariable('as_of') then 3
            else 4
        end as part,
        *
    from seed
    where
        code not in (select code from entries where code is not null)
        and code not in (select provisional_code from heirs)
)

select part, place, coalesce(columns(* exclude (part, place)), '')
from (select * from listed union all by name select * from unlisted)
order by part, place;


-- The values of --set; an option that has not this form has an empty code.
create table set_values as
select
    settings.text,
    settings.position,
    unnest(regexp_extract(text, '^([^=]+)[.]([^.=]+)=(.*)$', ['code', 'column_name', 'value']))
from settings;

-- What own columns of this list must hold.
create table choices as
select split_part(meaning, '.', 2) as column_name, list(label order by rank) as allowed
from labels
where starts_with(meaning, getvariable('classification') || '.')
group by meaning;

-- The merged rows cell by cell, in the seed's order, with the values of --set in their places.
create table cells as
select
    merged.part,
    merged.place,
    merged.key as code,
    merged.column_name,
    column_index,
    coalesce(last_set.value, merged.value) as value
from (
    unpivot (select *, code as key from merged) on columns(* exclude (part, place, key))
    into name column_name value value
) as merged
inner join duckdb_columns() as seed_columns
    on merged.column_name = seed_columns.column_name and seed_columns.table_name = 'seed'
left join (
    select code, column_name, arg_max(value, position) as value from set_values group by code, column_name
) as last_set on merged.key = last_set.code and merged.column_name = last_set.column_name;

create table new_register as
select * replace (
    if(classification = getvariable('classification'), getvariable('source'), source) as source,
    if(classification = getvariable('classification'), getvariable('as_of'), as_of) as as_of,
    if(classification = getvariable('classification'), 'true', is_complete) as is_complete
)
from register;

-- Which code a row of the code map gets; none where several codes took over from the provisional one.
create table new_codes as
select provisional_code as old_code, any_value(code) as new_code
from heirs
group by provisional_code
having count(*) = 1
union
select split_part(text, '=', 1), split_part(text, '=', 2)
from replaced;


-- 4 What is wrong: rank 0 with a file, 1 and 2 with the list, 3 and 4 with its codes ----------------------------------

create macro first_ten(codes) as array_to_string(codes[:10], ', ') || if(len(codes) > 10, ', …', '');

create table problems as
select 0 as rank, 'classifications.csv has no row for ' || getvariable('classification') as text
where not exists (from facts)
union all
select 0, name || ' has one column only: save it as CSV with commas or semicolons between the values'
from csv_rows
inner join files on csv_rows.file = files.file
where row = 0 and len(cells) = 1
union all
select
    0,
    name || ' has no header with a column for the code ('
    || (select string_agg(label, ', ' order by rank) from labels where meaning = 'code')
    || ') and is not JSON of the code server: give CSV with a header row'
from csv_rows
inner join files on csv_rows.file = files.file
where row = 0 and len(cells) > 1 and files.file not in (select file from told where meaning = 'code')
union all
select
    0,
    name || ' has more values than its header in line ' || string_agg(csv_rows.row, ', ' order by csv_rows.row)
    || ': put quotes around values that hold a separator'
from csv_rows
inner join csv_rows as headers on csv_rows.file = headers.file and headers.row = 0
inner join files on csv_rows.file = files.file
where len(csv_rows.cells) > len(headers.cells)
group by name
union all
select
    0,
    'the file holds the list ' || string_agg(distinct classificationid, ', ' order by classificationid) || ', but '
    || any_value(facts.oid) || ' was asked for'
from concepts
cross join facts
where classificationid like '1.2.246.%' and not starts_with(classificationid || '.', facts.oid || '.')
having count(*) > 0
union all
select
    0,
    'the file holds ' || (select count(*) from concepts) || ' of the ' || max(totalitems)
    || ' codes of the list: download all pages and give their files together'
from pages
having max(totalitems) > (select count(*) from concepts)
union all
select 1, 'the file holds no codes: download the list again'
where not exists (from entries)
union all
select
    2,
    'the file has none of the national codes that the list ' || any_value(facts.name) || ' ('
    || any_value(facts.oid) || ') has now (' || first_ten(list(code order by place))
    || '): it is another list, or the codes are in another column'
from seed
cross join facts
where status = 'national'
having count(*) > 0 and not bool_or(code in (select code from entries where code is not null))
union all
select
    3,
    count(*) || if(count(*) = 1, ' code does', ' codes do') || ' not have the form ' || any_value(code_form)
    || ' of the list ' || getvariable('classification') || ': ' || first_ten(list(code order by place))
    || ' (a spreadsheet may have dropped zeros: import the file as it was downloaded)'
from entries
cross join facts
where entries.code != '' and code_form != '' and not regexp_full_match(entries.code, code_form)
having count(*) > 0
union all
select 4, name || ' has an empty code in ' || count(*) || if(count(*) = 1, ' row', ' rows')
from entries
inner join files on entries.file = files.file
where code = ''
group by name
union all
select 4, 'what stands more than once in the file: code ' || string_agg(code, ', ' order by place)
from (select code, min(place) as place from entries where code != '' group by code having count(*) > 1)
having count(*) > 0
union all
select 4, 'not a date: ' || string_agg('“' || value[:40] || '” of code ' || code, ', ' order by place, value)
from (
    select place, code, valid_from_text as value from entries where valid_from is null
    union all
    select place, code, valid_to_text as value from entries where valid_to is null
)
where value is not null
having count(*) > 0
union all
select 4, 'neither a Finnish nor a Swedish name has code ' || string_agg(code, ', ' order by place)
from merged
where part = 1 and code != '' and name_fi = '' and name_sv = ''
having count(*) > 0
union all
select 4, '--set ' || text || case
    when code = '' then ' is not of the form CODE.column=value'
    when code not in (select code from cells where part < 4) then ' names code ' || code || ', which is not in the list'
    when column_name in ('code', 'name_fi', 'name_sv', 'status', 'valid_from', 'valid_to')
        or column_name not in (select column_name from cells)
        then ': ' || column_name || ' is not one of the project''s own columns'
    when not list_contains(choices.allowed, value) then ': the value must be ' || array_to_string(choices.allowed, ' or ')
end as fault
from set_values
left join choices using (column_name)
where fault is not null
union all
select
    4,
    'no list tells this, so add '
    || string_agg('--set ' || cells.code || '.' || column_name || '=…', ' ' order by cells.part, cells.place, column_index)
    || ' (' || array_to_string(
        list_sort(list(distinct column_name || ' is ' || array_to_string(choices.allowed, ' or '))), ', '
    )
    || '; ' || array_to_string(
        list_sort(list(distinct cells.code || ' is ' || if(name_fi = '', name_sv, name_fi))), ', '
    ) || ')'
from cells
inner join choices using (column_name)
inner join merged using (part, place)
where part < 4 and cells.code != '' and not list_contains(choices.allowed, value)
having count(*) > 0
union all
select 4, '--replaced ' || text || ' is not OLD=NEW with NEW in the list and OLD not'
from replaced
where
    split_part(text, '=', 2) not in (select code from cells where part < 4)
    or split_part(text, '=', 1) in (select code from cells where part < 4);

-- Another list has nothing of what the codes need: it is told alone, with the form that its codes lack.
create table shown_problems as
select problems.text
from problems
cross join (select min(rank) as worst from problems)
where rank = worst or worst > 2 or (worst = 2 and rank = 3)
order by problems.rank, problems.text;


-- 5 What to tell of an import -----------------------------------------------------------------------------------------

create table notes as
select 0 as part, 0 as place, count(*) || ' national codes imported, complete as of ' || getvariable('as_of') as text
from merged
where part = 1
union all
select 1, place, code || ' takes the place of the provisional ' || provisional_code
from heirs
union all
select 1, 1000000, provisional_code || ' has several heirs (' || string_agg(code, ', ' order by place)
    || '): its rows of the code map are left for you'
from heirs
group by provisional_code
having count(*) > 1
union all
select
    part,
    0,
    (['', 'provisional codes without a match in the file stay', 'ended codes that the file lacks stay',
    'other codes that the file lacks are gone'])[part] || ': ' || string_agg(code, ', ' order by place)
from merged
where part > 1
group by part;
