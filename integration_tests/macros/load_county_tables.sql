{#- The tables are there before dbt runs, as a county's pipeline would have them: hooks of the package look for them
    before any hook of this project runs. -#}
{% macro load_county_tables() %}
    {%- set rows = county_integration_tests.county_rows() -%}
    {%- for table, contract in sosdata.source_contract().items() -%}
        {%- set relation = api.Relation.create(
            database=target.get('database'),
            schema=var('source_schema'),
            identifier=var('source_table_' ~ table)
        ) -%}
        {%- do adapter.create_schema(relation) if loop.first -%}
        {%- set selects = [] -%}
        {%- for row in rows.get(table, [{}]) -%}
            {%- set cells = [] -%}
            {%- for column in contract -%}
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
        'clients': [
            {'client_id': 'k1', 'personal_identity_code': '020512A901F', 'home_municipality_code': '837', 'sex_code': 'P'},
            {'client_id': 'k2', 'personal_identity_code': '140355-902R', 'home_municipality_code': '837', 'sex_code': 'N'},
            {'client_id': 'k3', 'personal_identity_code': '211188-9038', 'home_municipality_code': '837', 'sex_code': 'P'},
            {'client_id': 'k4', 'personal_identity_code': '300777-9041', 'home_municipality_code': '837', 'sex_code': 'N'},
        ],
        'cases': [
            {'case_id': 'a1', 'client_id': 'k1', 'service_task_code': 'LS', 'opened_on': '2025-02-01',
             'opened_before_2020': 'E'},
            {'case_id': 'a2', 'client_id': 'k2', 'service_task_code': 'VA', 'opened_before_2020': 'K'},
            {'case_id': 'a3', 'client_id': 'k3', 'service_task_code': 'PA', 'opened_on': '2025-10-05',
             'closed_on': '2025-11-20', 'opened_before_2020': 'E'},
            {'case_id': 'a4', 'client_id': 'k4', 'service_task_code': 'VA', 'opened_on': '2024-01-01',
             'closed_on': '2025-06-30', 'opened_before_2020': 'E'},
        ],
        'child_protection_relationships': [
            {'relationship_id': 's1', 'client_id': 'k1', 'started_on': '2025-03-01'},
        ],
        'decisions': [
            {'decision_id': 'p1', 'client_id': 'k3', 'social_service_code': 'ASU', 'service_task_code': 'PA',
             'decided_on': '2025-10-06', 'valid_from': '2025-10-06', 'decision_type_code': 'MYO'},
        ],
        'services_received': [
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
