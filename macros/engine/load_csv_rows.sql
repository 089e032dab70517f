{#- dbt-spark binds the rows of a seed itself where it runs in this process (method session), an empty value as the
    word None and a quotation mark as it stands. Here they are literals. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- for rows in agate_table.rows | batch(get_batch_size()) -%}
        {%- set values = [] -%}
        {%- for row in rows -%}
            {%- set cells = [] -%}
            {%- for column in agate_table.column_names -%}
                {%- set cell = row[column] -%}
                {%- set literal = 'null' if cell is none else sosdata.spark_literal(cell) -%}
                {%- do cells.append('cast(' ~ literal ~ ' as ' ~ types.get(column, dbt.type_string()) ~ ')') -%}
            {%- endfor -%}
            {%- do values.append('(' ~ cells | join(', ') ~ ')') -%}
        {%- endfor -%}
        {%- do adapter.add_query(
            'insert into ' ~ this.render() ~ ' values ' ~ values | join(', '), abridge_sql_log=True
        ) -%}
    {%- endfor -%}
    {{ return('') }}
{% endmacro %}

{% macro spark_literal(value) %}
    {{ return("'" ~ (value ~ '').replace('\\', '\\\\').replace("'", "\\'") ~ "'") }}
{% endmacro %}
