{#- A test says how many rows it found, and not which nor what to do. This does, in the steward's words, for everybody who runs
    dbt, from what the build has made so far. Nothing is said of a row but its rule and, where codes or dates are at fault,
    what stood there most often. -#}
{% macro explain_stop(results) %}
    {%- if execute and sosdata.changes_relations() -%}
        {%- set failed = results | selectattr('status', 'in', ['fail']) | map(attribute='node') | list -%}
        {%- set names = failed | map(attribute='name') | list -%}
        {%- for node in failed if node.resource_type == 'test' and node.description -%}
            {%- do sosdata.tell(node.description | replace('\n', ' ')) -%}
        {%- endfor -%}
        {%- if 'rejected_share' in names -%}
            {%- do sosdata.tell_rejected_shares() -%}
            {%- do sosdata.tell_broken_rules() -%}
        {%- endif -%}
        {%- if 'expected_sources_bring_rows' in names -%}
            {%- do sosdata.tell_unexpected_sources() -%}
        {%- endif -%}
        {%- set warned = results | selectattr('status', 'in', ['warn']) | map(attribute='node.name') | list -%}
        {%- if 'code_map_leads_to_known_codes' in warned -%}
            {%- do sosdata.tell_unknown_targets() -%}
        {%- endif -%}
        {%- for result in results if result.status == 'warn' and result.node.name == 'explanations_fit_measures' -%}
            {%- do sosdata.tell(result.node.description | replace('\n', ' ')) -%}
        {%- endfor -%}
        {%- set made = results | selectattr('status', 'equalto', 'success') | map(attribute='node.name') | list -%}
        {%- if failed and 'code_map_proposals' in made -%}
            {%- do sosdata.tell_codes_to_map() -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro tell(sentence) %}
    {%- do log('  ' ~ sentence, info=true) -%}
{% endmacro %}

{#- Only what this build made: a relation of an earlier one would tell of other rows. -#}
{% macro rows_of(relation, query) %}
    {%- if load_relation(relation) is none -%}
        {{ return([]) }}
    {%- endif -%}
    {{ return(run_query(query).rows) }}
{% endmacro %}

{% macro tell_rejected_shares() %}
    {%- set shares = sosdata.built_relation('quality_rejected_shares') -%}
    {%- do sosdata.tell('More than a share of ' ~ sosdata.max_rejected_share() ~ ' (var max_rejected_share):') -%}
    {%- for row in sosdata.rows_of(shares, '
        select source_table, source_system, rows_judged, rows_rejected from ' ~ shares ~ '
        where is_over order by source_table, source_system
    ') -%}
        {%- do sosdata.tell(
            sosdata.number(row['rows_rejected']) ~ ' of ' ~ sosdata.number(row['rows_judged']) ~ ' ' ~ row['source_table']
            ~ (' of ' ~ row['source_system'] if row['source_system'] else ' in all') ~ ' were rejected.'
        ) -%}
    {%- endfor -%}
{% endmacro %}

{% macro tell_broken_rules() %}
    {%- set violations = sosdata.built_relation('quality_violations') -%}
    {%- set follow_ups = sosdata.built_relation('quality_follow_ups') -%}
    {%- set rules = sosdata.built_relation('stg_settings__rules') -%}
    {%- set places = {
        'code_map': 'code_map.csv, or the extract', 'extract': 'the mapping or the extract', 'record': "the client's record"
    } -%}
    {%- set broken = sosdata.rows_of(violations, '
        select rules.rule_id, found.source_system, rules.columns, rules.mend_in, count(*) as rows_broken
        from ' ~ violations ~ ' as found
        inner join ' ~ rules ~ " as rules on rules.rule_id = found.rule_id
        where found.severity = 'error' and rules.rule_id not in ('" ~ sosdata.lost_client_rules() | join("', '") ~ "')
        group by rules.rule_id, found.source_system, rules.columns, rules.mend_in
        order by rows_broken desc, rules.rule_id, found.source_system
        limit 6
    ") -%}
    {%- for row in broken -%}
        {%- set values = [] -%}
        {%- if '_id' not in row['columns'] and 'identity' not in row['columns'] -%}
            {%- for value in run_query('
                select observed_value, count(*) as rows_with_value from ' ~ violations ~ "
                where rule_id = '" ~ row['rule_id'] ~ "' and source_system "
                ~ ('= ' ~ dbt.string_literal(dbt.escape_single_quotes(row['source_system']))
                   if row['source_system'] else 'is null') ~ '
                group by observed_value order by rows_with_value desc, observed_value limit 3
            ').rows -%}
                {%- do values.append(
                    (value['observed_value'] or 'nothing')[:40] ~ ', ' ~ sosdata.number(value['rows_with_value']) ~ ' rows'
                ) -%}
            {%- endfor -%}
        {%- endif -%}
        {#- The map has no row for a value that is missing. -#}
        {%- set is_missing = values and values[0].startswith('nothing, ') -%}
        {%- set place = (
            'the var organiser_code, or the extract' if is_missing and row['columns'] == 'organiser_code' else
            'the extract' if is_missing and row['mend_in'] == 'code_map' else
            places[row['mend_in']]
        ) -%}
        {%- do sosdata.tell(
            row['rule_id'] ~ ' in ' ~ (row['source_system'] or 'rows without a system') ~ ': '
            ~ (values | join('; ') or sosdata.number(row['rows_broken']) ~ ' rows') ~ ' -> ' ~ place
        ) -%}
    {%- endfor -%}
    {%- for row in sosdata.rows_of(follow_ups, '
        select client_state, client_rule_id, count(*) as rows_behind from ' ~ follow_ups ~ '
        where is_only_error
        group by client_state, client_rule_id order by rows_behind desc, client_state, client_rule_id limit 4
    ') -%}
        {%- do sosdata.tell(
            sosdata.number(row['rows_behind']) ~ ' rows were rejected only since their client '
            ~ (
                'breaks ' ~ row['client_rule_id'] if row['client_rule_id'] else
                'is not named' if row['client_state'] == 'not named' else
                'is not in clients of the same system'
            ) ~ '.'
        ) -%}
    {%- endfor -%}
{% endmacro %}

{% macro tell_unexpected_sources() %}
    {%- set sources = sosdata.built_relation('quality_unexpected_sources') -%}
    {%- for row in sosdata.rows_of(sources, '
        select source_system, source_table, problem from ' ~ sources ~ ' order by problem, source_system, source_table
    ') -%}
        {%- do sosdata.tell(
            row['source_system'] ~ ' brings no row of ' ~ row['source_table'] ~ ', which expected_sources.csv expects.'
            if row['problem'] == 'missing' else
            row['source_system'] ~ ' is in no row of expected_sources.csv: mend its name in the extract, or add it there.'
        ) -%}
    {%- endfor -%}
{% endmacro %}

{% macro tell_codes_to_map() %}
    {%- set proposals = sosdata.built_relation('code_map_proposals') -%}
    {%- set rows = adapter.quote('rows') -%}
    {%- set waiting = sosdata.rows_of(proposals, '
        select source_system, classification, local_code, proposed_code, ' ~ rows ~ ' as rows_with_code
        from ' ~ proposals ~ " where status = 'unmapped' order by " ~ rows ~ ' desc, source_system, classification, local_code
    ') -%}
    {%- if waiting -%}
        {%- do sosdata.tell(
            sosdata.number(waiting | length) ~ ' codes wait for a row in code_map.csv (relation code_map_proposals):'
        ) -%}
    {%- endif -%}
    {%- for row in waiting[:5] -%}
        {%- do sosdata.tell(
            '  ' ~ row['source_system'] ~ ',' ~ row['classification'] ~ ',' ~ row['local_code'][:40] ~ ','
            ~ (row['proposed_code'] or '?') ~ '  (' ~ sosdata.number(row['rows_with_code']) ~ ' rows)'
        ) -%}
    {%- endfor -%}
    {%- if waiting | length > 5 -%}
        {%- do sosdata.tell('  and ' ~ sosdata.number((waiting | length) - 5) ~ ' more') -%}
    {%- endif -%}
{% endmacro %}

{% macro built_relation(name) %}
    {%- for node in graph.nodes.values() if node.resource_type in ['model', 'seed'] and node.name == name -%}
        {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
    {%- endfor -%}
{% endmacro %}

{% macro number(value) -%}
    {{ return('{:,}'.format(value | int)) }}
{%- endmacro %}

{#- Codes of the map that no list has: outside a complete list they reject every row, and nothing verifies the others. -#}
{% macro tell_unknown_targets() %}
    {%- set code_map = sosdata.built_relation('stg_settings__code_map') -%}
    {%- set codes = sosdata.built_relation('int_codes') -%}
    {%- set rows = sosdata.rows_of(codes, '
        select
            code_map.source_system, code_map.classification,
            ' ~ sosdata.without_personal_identity_codes('code_map.local_code') ~ ' as local_code,
            ' ~ sosdata.without_personal_identity_codes('code_map.national_code') ~ ' as national_code
        from ' ~ code_map ~ ' as code_map
        left join ' ~ codes ~ ' as codes
            on codes.classification = code_map.classification and codes.code = code_map.national_code
        where codes.code is null
        order by 1, 2, 3
    ') -%}
    {%- if rows -%}
        {%- do sosdata.tell(
            'code_map.csv leads to ' ~ sosdata.number(rows | length) ~ ' codes that no list has: mend the row, or import the list.'
        ) -%}
    {%- endif -%}
    {%- for row in rows[:5] -%}
        {%- do sosdata.tell(
            '  ' ~ row['source_system'] ~ ',' ~ row['classification'] ~ ',' ~ row['local_code'] ~ ',' ~ row['national_code']
        ) -%}
    {%- endfor -%}
{% endmacro %}
