{#- The vendor's database would be there before dbt runs. -#}
{% macro load_vendor_tables() %}
    {%- set types = {
        'text': dbt.type_string(),
        'number': 'bigint',
        'day': 'date',
        'moment': 'timestamp' if target.type == 'spark' else 'timestamp with time zone',
    } -%}
    {%- for table, content in case_database.vendor_tables().items() -%}
        {%- set relation = api.Relation.create(database=target.get('database'), schema='vendor', identifier=table) -%}
        {%- do adapter.create_schema(relation) if loop.first -%}
        {%- set selects = [] -%}
        {%- for row in content['rows'] -%}
            {%- set cells = [] -%}
            {%- for column, kind in content['columns'].items() -%}
                {%- set cell = row[loop.index0] -%}
                {%- set zone = ':00+00:00' if kind == 'moment' else '' -%}
                {%- set literal = 'null' if cell is none else dbt.string_literal(cell ~ zone) -%}
                {%- do cells.append('cast(' ~ literal ~ ' as ' ~ types[kind] ~ ') as ' ~ column) -%}
            {%- endfor -%}
            {%- do selects.append('select ' ~ cells | join(', ')) -%}
        {%- endfor -%}
        {%- do run_query('drop table if exists ' ~ relation) -%}
        {%- do run_query('create table ' ~ relation ~ ' as ' ~ selects | join(' union all ')) -%}
    {%- endfor -%}
{% endmacro %}
