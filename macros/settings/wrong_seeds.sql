{#- dbt loads a seed without a byte as a table without a column, which the embedded engine does not make. Only that engine
    can read files. -#}
{% macro stop_on_empty_seed_files() %}
    {%- if execute and sosdata.changes_relations() and target.type == 'duckdb' -%}
        {%- for seed in graph.nodes.values() if seed.resource_type == 'seed' -%}
            {%- set path = sosdata.path_literal((seed.root_path or '.') ~ '/' ~ seed.original_file_path) -%}
            {%- if run_query('select 1 from read_blob(' ~ path ~ ') where octet_length(content) = 0').rows -%}
                {%- do sosdata.stop(seed.name ~ '.csv is empty. A list without rows is a file with its header only.') -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- A seed in the form that its readers take it for. -#}
{% macro stop_on_wrong_columns(seed, columns) %}
    {%- set file = seed.identifier ~ '.csv' -%}
    {%- if load_relation(seed) is none -%}
        {%- do sosdata.stop(file ~ ' is not loaded yet: run dbt build, or dbt seed first.') -%}
    {%- endif -%}
    {%- set names = adapter.get_columns_in_relation(seed) | map(attribute='name') | list -%}
    {%- set missing = columns | reject('in', names) | list -%}
    {%- if missing -%}
        {%- set told = namespace(why='') -%}
        {%- if names | length == 1 and ';' in names[0] -%}
            {%- set told.why = 'is parted by semicolons' -%}
        {%- elif names | length == 1 and ',' in names[0] -%}
            {%- set told.why = 'holds each row in one cell' -%}
        {%- elif names | length == 1 and '\t' in names[0] -%}
            {%- set told.why = 'is parted by tabs' -%}
        {%- elif missing | length == columns | length -%}
            {%- set told.why = 'has no header' -%}
        {%- else -%}
            {%- set told.why = 'has no column ' ~ missing | join(' and no column ') -%}
        {%- endif -%}
        {%- do sosdata.stop(
            file ~ ' ' ~ told.why ~ '. Its first line must be ' ~ columns | join(',')
            ~ '; save it again from the spreadsheet as "CSV UTF-8" with commas.'
        ) -%}
    {%- endif -%}
{% endmacro %}

{#- The rows of a county's seed that lack a part which they need, or hold one that cannot be meant. -#}
{% macro stop_on_wrong_rows(seed, columns, is_wrong, sentence) %}
    {%- set trimmed_columns = [] -%}
    {%- set shown = [] -%}
    {%- for column in columns -%}
        {%- do trimmed_columns.append(sosdata.trimmed(column) ~ ' as ' ~ column) -%}
        {%- do shown.append('coalesce(' ~ sosdata.without_personal_identity_codes(column) ~ ", '')") -%}
    {%- endfor -%}
    {%- set places = run_query(
        'select distinct ' ~ shown | join(" || ',' || ") ~ ' as place from (select ' ~ trimmed_columns | join(', ') ~ ' from '
        ~ seed ~ ') as seed_rows where coalesce(' ~ columns | join(', ') ~ ') is not null and (' ~ is_wrong ~ ') order by 1'
    ).columns[0].values() -%}
    {%- if places -%}
        {%- do sosdata.stop(
            seed.identifier ~ '.csv: the row "' ~ places[0] ~ '" ' ~ sentence
            ~ (' (and ' ~ (places | length - 1) ~ ' more)' if places | length > 1) ~ '. Mend it or delete it.'
        ) -%}
    {%- endif -%}
{% endmacro %}

{% macro lacks_one_of(columns) %}
    {{ return(columns | join(' is null or ') ~ ' is null') }}
{% endmacro %}

{% macro stop_on_wrong_code_map(seed) %}
    {%- if execute -%}
        {%- set columns = ['source_system', 'classification', 'local_code', 'national_code'] -%}
        {%- set lists = ['municipality', 'sex', 'service_task', 'social_service', 'decision_type', 'organiser'] -%}
        {%- do sosdata.stop_on_wrong_columns(seed, columns) -%}
        {%- do sosdata.stop_on_wrong_rows(seed, columns, sosdata.lacks_one_of(columns), 'lacks a part') -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, columns, "classification not in ('" ~ lists | join("', '") ~ "')",
            'has a classification that is none of ' ~ lists | join(', ')
        ) -%}
        {%- set code = [] -%}
        {%- for column in columns[:3] -%}
            {%- do code.append(sosdata.trimmed(column)) -%}
        {%- endfor -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, columns,
            '(source_system, classification, local_code) in (select ' ~ code | join(', ') ~ ' from ' ~ seed
            ~ ' group by ' ~ code | join(', ') ~ ' having count(distinct ' ~ sosdata.trimmed('national_code') ~ ') > 1)',
            'says another national code than a row of the same code'
        ) -%}
    {%- endif -%}
{% endmacro %}

{% macro stop_on_wrong_expected_sources(seed) %}
    {%- if execute -%}
        {%- set columns = ['source_system', 'source_table'] -%}
        {%- do sosdata.stop_on_wrong_columns(seed, columns) -%}
        {%- do sosdata.stop_on_wrong_rows(seed, columns, sosdata.lacks_one_of(columns), 'lacks a part') -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, columns, "source_table not in ('" ~ sosdata.source_contract() | join("', '") ~ "')",
            'has a table that is none of ' ~ sosdata.source_contract() | join(', ')
        ) -%}
    {%- endif -%}
{% endmacro %}

{#- Without overlap, a row that neither begins at 0 nor goes on from another, or ends without another, leaves ages out. -#}
{% macro stop_on_wrong_age_groups(seed) %}
    {%- if execute -%}
        {%- set columns = ['age_group', 'age_from', 'age_to'] -%}
        {%- set group, first, last = sosdata.trimmed('other.age_group'), sosdata.trimmed('other.age_from'), sosdata.trimmed('other.age_to') -%}
        {%- set first = 'cast(' ~ first ~ ' as integer)' -%}
        {%- set last = 'cast(' ~ last ~ ' as integer)' -%}
        {%- set age_from = 'cast(seed_rows.age_from as integer)' -%}
        {%- set age_to = 'cast(seed_rows.age_to as integer)' -%}
        {%- set has_other = 'exists (select 1 from ' ~ seed ~ ' as other where ' -%}
        {%- do sosdata.stop_on_wrong_columns(seed, columns) -%}
        {%- for is_wrong, sentence in [
            (sosdata.lacks_one_of(columns[:2]), 'lacks a part'),
            (
                'not (' ~ sosdata.matches('age_from', '^[0-9]{1,3}$') ~ ' and '
                ~ sosdata.matches("coalesce(age_to, '0')", '^[0-9]{1,3}$') ~ ')',
                'has an age that is no whole number of years'
            ),
            (age_to ~ ' < ' ~ age_from, 'ends before it begins'),
            ("age_group = 'all'", 'has the name that means all groups together'),
            (
                '(select count(*) from ' ~ seed ~ ' as other where ' ~ group ~ ' = seed_rows.age_group) > 1',
                'has the name of another row'
            ),
            (
                has_other ~ group ~ ' <> seed_rows.age_group and ' ~ first ~ ' <= coalesce(' ~ age_to ~ ', 999) and coalesce('
                ~ last ~ ', 999) >= ' ~ age_from ~ ')',
                'has ages that another row has too'
            ),
            (
                age_from ~ ' > 0 and not ' ~ has_other ~ last ~ ' = ' ~ age_from ~ ' - 1)',
                'begins where no other row ends: the ages before it have no group'
            ),
            (
                'age_to is not null and not ' ~ has_other ~ first ~ ' = ' ~ age_to ~ ' + 1)',
                'ends where no other row begins: the ages after it have no group (the last row has an empty age_to)'
            ),
        ] -%}
            {%- do sosdata.stop_on_wrong_rows(seed, columns, is_wrong, sentence) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{% macro stop_on_wrong_quality_exceptions(seed) %}
    {%- if execute -%}
        {%- set columns = ['rule_id', 'source_system', 'until'] -%}
        {%- do sosdata.stop_on_wrong_columns(seed, columns) -%}
        {%- do sosdata.stop_on_wrong_rows(seed, columns, sosdata.lacks_one_of(columns[:2]), 'lacks a part') -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, columns, 'until is not null and ' ~ sosdata.read_date('until') ~ ' is null',
            'has a last day that is no date of the form 2026-12-31'
        ) -%}
    {%- endif -%}
{% endmacro %}

{% macro stop_on_wrong_units(seed) %}
    {%- if execute -%}
        {%- set columns = ['source_system', 'unit', 'language'] -%}
        {%- do sosdata.stop_on_wrong_columns(seed, columns) -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, columns, sosdata.lacks_one_of(['source_system', 'language']), 'lacks its system or language'
        ) -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, columns, "language not in ('en', 'sv', 'fi')", 'has a language that is none of en, sv, fi'
        ) -%}
        {%- set unit = [] -%}
        {%- for column in columns[:2] -%}
            {%- do unit.append('coalesce(' ~ sosdata.trimmed(column) ~ ", '')") -%}
        {%- endfor -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, columns,
            "(source_system, coalesce(unit, '')) in (select " ~ unit | join(', ') ~ ' from ' ~ seed
            ~ ' group by ' ~ unit | join(', ') ~ ' having count(distinct ' ~ sosdata.trimmed('language') ~ ') > 1)',
            'says another language than a row of the same unit'
        ) -%}
    {%- endif -%}
{% endmacro %}

{% macro stop_on_wrong_measure_explanations(seed) %}
    {%- if execute -%}
        {%- do sosdata.stop_on_wrong_columns(
            seed, ['measure_id', 'follow_up_period', 'organiser_code', 'service_task_code', 'source_system', 'reason']
        ) -%}
    {%- endif -%}
{% endmacro %}

{% macro stop_on_wrong_own_rules(seed) %}
    {%- if execute -%}
        {%- set columns = ['rule_id', 'severity', 'source_table', 'columns', 'mend_in', 'text_en', 'text_sv', 'text_fi'] -%}
        {%- do sosdata.stop_on_wrong_columns(seed, columns) -%}
        {%- set first = ['rule_id', 'severity', 'source_table', 'columns', 'mend_in'] -%}
        {%- do sosdata.stop_on_wrong_rows(seed, columns, sosdata.lacks_one_of(columns), 'lacks a part') -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, first, "severity not in ('error', 'warning')", 'has a severity that is neither error nor warning'
        ) -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, first, "source_table not in ('" ~ sosdata.source_tables() | join("', '") ~ "')",
            'has a table that is none of ' ~ sosdata.source_tables() | join(', ')
        ) -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, first, "mend_in not in ('record', 'extract', 'code_map')", 'has a mend_in that is none of record, extract, code_map'
        ) -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, first, 'not ' ~ sosdata.matches('rule_id', '^[A-Z0-9_]{2,20}$'),
            'has a rule_id that is not of 2 to 20 capital letters, digits and _'
        ) -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, first, 'rule_id in (select rule_id from ' ~ sosdata.built_relation('quality_rules') ~ ')',
            'has the id of a rule of the project'
        ) -%}
    {%- endif -%}
{% endmacro %}

{#- A row of a rule that nobody knows would be neither listed nor counted. -#}
{% macro stop_on_unknown_own_rules(model, rules) %}
    {%- if execute -%}
        {%- set columns = adapter.get_columns_in_relation(model) | map(attribute='name') | map('lower') | list -%}
        {%- for column in ['rule_id', 'source_system', 'row_id'] if column not in columns -%}
            {%- do sosdata.stop('the model ' ~ model.identifier ~ ' (own_rules_model) has no column ' ~ column ~ '.') -%}
        {%- endfor -%}
        {%- set unknown = run_query(
            'select count(*) as rows_without_rule from ' ~ model ~ ' as broken left join ' ~ rules
            ~ ' as rules on rules.is_own and rules.rule_id = ' ~ sosdata.trimmed('broken.rule_id') ~ ' where rules.rule_id is null'
        ).rows[0]['rows_without_rule'] -%}
        {%- if unknown -%}
            {%- do sosdata.stop(
                'the model ' ~ model.identifier ~ ' (own_rules_model) has ' ~ sosdata.number(unknown)
                ~ ' rows of a rule that ' ~ var('own_rules') ~ '.csv lacks: add the rule, or mend its id.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro stop_on_wrong_information_sources(seed) %}
    {%- if execute -%}
        {%- set columns = ['source_system', 'text_sv', 'text_fi', 'text_en'] -%}
        {%- do sosdata.stop_on_wrong_columns(seed, columns) -%}
        {%- do sosdata.stop_on_wrong_rows(seed, columns, 'source_system is null', 'names no source system') -%}
        {%- do sosdata.stop_on_wrong_rows(
            seed, columns, 'source_system in (select ' ~ sosdata.trimmed('source_system') ~ ' from ' ~ seed ~ ' group by '
            ~ sosdata.trimmed('source_system') ~ ' having count(*) > 1)', 'is not the only one of its source system'
        ) -%}
    {%- endif -%}
{% endmacro %}
