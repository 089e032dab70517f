{#- The tables are there before dbt runs, as a county's pipeline would have them: hooks of the package look for them
    before any hook of this project runs. -#}
{% macro load_county_tables() %}
    {%- set rows = county_integration_tests.county_rows() -%}
    {%- set tables = {'asiat': ['asia_id', 'asiakas_id', 'palvelutehtava', 'avattu', 'suljettu', 'ennen_2020']} -%}
    {%- for table in sosdata.tables_brought() -%}
        {%- do tables.update({var('source_table_' ~ table): sosdata.source_contract()[table]}) -%}
    {%- endfor -%}
    {%- for table, columns in tables.items() -%}
        {%- set relation = api.Relation.create(
            database=target.get('database'), schema=var('source_schema'), identifier=table
        ) -%}
        {%- do adapter.create_schema(relation) if loop.first -%}
        {%- set selects = [] -%}
        {%- for row in rows.get(table, [{}]) -%}
            {%- set cells = [] -%}
            {%- for column in columns -%}
                {%- set cell = dbt.string_literal(row[column]) if column in row else 'null' -%}
                {%- do cells.append('cast(' ~ cell ~ ' as ' ~ dbt.type_string() ~ ') as ' ~ column) -%}
            {%- endfor -%}
            {%- do selects.append('select ' ~ cells | join(', ')) -%}
        {%- endfor -%}
        {%- set nothing = ' where 1 = 0' if table not in rows else '' -%}
        {%- do run_query('drop table if exists ' ~ relation) -%}
        {%- do run_query('create table ' ~ relation ~ ' as ' ~ selects | join(' union all ') ~ nothing) -%}
    {%- endfor -%}
{% endmacro %}

{#- Artificial persons only. The system marks with K (kyllä, yes) and E (ei, no), and has codes of its own. -#}
{% macro county_rows() %}
    {%- set system = {'source_system': 'county'} -%}
    {%- set tables = {
        'asiakkaat': [
            {'client_id': 'k1', 'personal_identity_code': '020512A901F', 'home_municipality_code': '837', 'sex_code': 'P'},
            {'client_id': 'k2', 'personal_identity_code': '140355-902R', 'home_municipality_code': '837', 'sex_code': 'N'},
            {'client_id': 'k3', 'personal_identity_code': '211188-9038', 'home_municipality_code': '837', 'sex_code': 'P'},
            {'client_id': 'k4', 'personal_identity_code': '300777-9041', 'home_municipality_code': '837', 'sex_code': 'N'},
        ],
        'asiat': [
            {'asia_id': 'a1', 'asiakas_id': 'k1', 'palvelutehtava': 'LS', 'avattu': '2025-02-01', 'ennen_2020': 'E'},
            {'asia_id': 'a2', 'asiakas_id': 'k2', 'palvelutehtava': 'VA', 'ennen_2020': 'K'},
            {'asia_id': 'a3', 'asiakas_id': 'k3', 'palvelutehtava': 'PA', 'avattu': '2025-10-05', 'suljettu': '2025-11-20',
             'ennen_2020': 'E'},
            {'asia_id': 'a4', 'asiakas_id': 'k4', 'palvelutehtava': 'VA', 'avattu': '2024-01-01', 'suljettu': '2025-06-30',
             'ennen_2020': 'E'},
        ],
        'lastensuojelun_asiakkuudet': [
            {'relationship_id': 's1', 'client_id': 'k1', 'started_on': '2025-03-01'},
        ],
        'paatokset': [
            {'decision_id': 'p1', 'client_id': 'k3', 'social_service_code': 'ASU', 'service_task_code': 'PA',
             'decided_on': '2025-10-06', 'valid_from': '2025-10-06', 'decision_type_code': 'MYO'},
        ],
        'palvelut': [
            {'record_id': 't1', 'client_id': 'k2', 'social_service_code': 'ASU', 'service_task_code': 'VA',
             'started_on': '2025-07-01'},
        ],
    } -%}
    {%- for table, rows in tables.items() -%}
        {%- for row in rows -%}
            {%- do row.update(system) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(tables) }}
{% endmacro %}
