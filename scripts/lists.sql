-- The rows of a build as lines of lists, in the language of each list (F9), on DuckDB. scripts/lists.py runs it and writes
-- the files. Variables: language (of units that seed units does not name), listed_on.
create or replace temp macro shown(cell) as
    regexp_replace(cell, '[\x00-\x1f\x7f-\x9f\x{FFFE}\x{FFFF}]', chr(65533), 'g');

create or replace temp table words as
select label, 'en' as language, text_en as word from list_labels
union all select label, 'sv', text_sv from list_labels
union all select label, 'fi', text_fi from list_labels;

-- What names no system or unit is called so in words: the folder in the language of the command.
create or replace temp table lists as
with units as (select distinct source_system, unit from quality_violation_changes),
own as (
    select units.*, coalesce(languages.language, getvariable('language')) as language
    from units
    left join stg_settings__units as languages
        on languages.source_system = units.source_system
        and languages.unit is not distinct from units.unit
)
select
    row_number() over (order by own.source_system nulls first, own.unit nulls first) as list_no,
    dense_rank() over (order by own.source_system nulls first) as system_no,
    own.source_system,
    own.unit,
    own.language,
    shown(coalesce(own.source_system, folders.word)) as folder_name,
    shown(coalesce(own.source_system, systems.word)) as system_name,
    shown(coalesce(own.unit, unnamed.word)) as unit_name
from own
inner join words as folders
    on folders.label = 'without_system' and folders.language = getvariable('language')
inner join words as systems
    on systems.label = 'without_system' and systems.language = own.language
inner join words as unnamed on unnamed.label = 'without_unit' and unnamed.language = own.language;

create or replace temp table list_rules as
select rule_id, severity, source_table, fault, mend_in, language,
    case language when 'sv' then text_sv when 'fi' then text_fi else text_en end as text
from quality_catalogue
cross join (select unnest(['en', 'sv', 'fi']) as language);

-- A rule names columns parted by semicolons.
create or replace temp table column_words as
with columns as (
    select distinct column_name, language, generate_subscripts(parts, 1) as place,
        unnest(parts) as part
    from (select column_name, string_split(column_name, ';') as parts
        from quality_violation_changes)
    cross join (select unnest(['en', 'sv', 'fi']) as language)
)
select columns.column_name, columns.language,
    string_agg(coalesce(words.word, columns.part), ', ' order by columns.place) as word
from columns
left join words on words.label = columns.part and words.language = columns.language
group by all;

-- One line a row; where the extract is at fault, one a cause: the client whose error comes first,
-- the code that the map lacks, or the rule. Of several rows the first is shown.
create or replace temp table list_lines as
with follow_ups as (
    select rule_id, source_table, source_system, row_id, client_id, unit,
        min(client_rule_id) as follows_from
    from quality_follow_ups
    where client_rule_id is not null
    group by all
),
listed as (
    select lists.list_no, lists.language, changes.*, rules.text, rules.fault, rules.mend_in,
        follow_ups.follows_from, row_number() over () as row_no
    from quality_violation_changes as changes
    inner join lists
        on lists.source_system is not distinct from changes.source_system
        and lists.unit is not distinct from changes.unit
    inner join list_rules as rules
        on rules.rule_id = changes.rule_id and rules.language = lists.language
    left join follow_ups
        on follow_ups.rule_id = changes.rule_id
        and follow_ups.source_table = changes.source_table
        and follow_ups.source_system is not distinct from changes.source_system
        and follow_ups.row_id is not distinct from changes.row_id
        and follow_ups.client_id is not distinct from changes.client_id
        and follow_ups.unit is not distinct from changes.unit
    where changes.status <> 'mended'
),
causes as (
    select *,
        case
            when fault <> 'extract' then 'row ' || row_no
            when follows_from is not null then 'client ' || coalesce(client_id, '')
            when mend_in = 'code_map' then 'code ' || coalesce(observed_value, '')
            else 'rule'
        end as cause
    from listed
),
lines as (
    select *,
        count(*) over cause as rows,
        case
            when bool_or(status = 'open') over cause then 'open'
            when bool_or(status = 'returned') over cause then 'returned'
            else 'new'
        end as state,
        coalesce(cast(min(first_listed_at) over cause as date), getvariable('listed_on')) as first_listed_on
    from causes
    window cause as (partition by list_no, rule_id, follow_up_period, cause)
    qualify row_number() over (
        partition by list_no, rule_id, follow_up_period, cause
        order by row_id nulls last, client_id nulls last, observed_value nulls last, row_no
    ) = 1
)
select
    lines.list_no,
    row_number() over (
        partition by lines.list_no
        order by lines.severity = 'warning', lines.follows_from is not null,
            lines.source_table <> 'clients', lines.source_table, lines.rule_id,
            lines.follow_up_period nulls first, lines.row_id nulls first,
            lines.client_id nulls first, lines.observed_value nulls first, lines.row_no
    ) as place,
    shown(lines.text) as text,
    severities.word as severity,
    coalesce(tables.word, lines.source_table) as source_table,
    shown(lines.row_id) as row_id,
    shown(lines.client_id) as client_id,
    column_words.word as column_name,
    shown(lines.observed_value) as observed_value,
    lines.rows,
    lines.follow_up_period,
    lines.rule_id,
    lines.follows_from,
    states.word as status,
    lines.first_listed_on
from lines
inner join words as severities
    on severities.label = lines.severity and severities.language = lines.language
inner join words as states on states.label = lines.state and states.language = lines.language
left join words as tables
    on tables.label = lines.source_table and tables.language = lines.language
inner join column_words
    on column_words.column_name = lines.column_name and column_words.language = lines.language;

create or replace temp table list_counts as
select
    lists.list_no,
    changes.rule_id,
    rules.severity = 'warning' as is_warning,
    rules.source_table,
    severities.word as severity,
    shown(rules.text) as text,
    count(*) filter (changes.status <> 'mended') as rows_listed,
    count(*) filter (changes.status = 'new') as new,
    count(*) filter (changes.status = 'open') as open,
    count(*) filter (changes.status = 'returned') as returned,
    count(*) filter (changes.status = 'mended') as mended
from quality_violation_changes as changes
inner join lists
    on lists.source_system is not distinct from changes.source_system
    and lists.unit is not distinct from changes.unit
inner join list_rules as rules
    on rules.rule_id = changes.rule_id and rules.language = lists.language
inner join words as severities
    on severities.label = rules.severity and severities.language = lists.language
group by all;
