{#- Rows without an organiser take the county's own (C2); where it is not set either, most of the extract would be rejected one
    row after the other. -#}
{% macro stop_on_missing_organisers() %}
    {%- if execute and sosdata.changes_relations() and not ((var('organiser_code') or '') ~ '').strip() -%}
        {%- set counts = namespace(rows=0, is_too_many=false) -%}
        {%- set share = sosdata.max_rejected_share() | float -%}
        {%- for table in sosdata.tables_brought() if 'organiser_code' in sosdata.source_contract()[table] -%}
            {%- set ns = namespace(all_rows=0, rows_without=0) -%}
            {%- for found in run_query(
                'select source_system, count(*) as all_rows, sum(case when '
                ~ sosdata.trimmed('organiser_code') ~ ' is null then 1 else 0 end) as rows_without from ('
                ~ sosdata.source_as_text(table) ~ ') as source_rows where source_system is not null group by source_system'
            ).rows -%}
                {%- set ns.all_rows = ns.all_rows + found['all_rows'] | int -%}
                {%- set ns.rows_without = ns.rows_without + found['rows_without'] | int -%}
                {%- if found['all_rows'] >= 100 and found['rows_without'] > found['all_rows'] * share -%}
                    {%- set counts.is_too_many = true -%}
                {%- endif -%}
            {%- endfor -%}
            {%- set counts.rows = counts.rows + ns.rows_without -%}
            {%- if ns.rows_without > ns.all_rows * share -%}
                {%- set counts.is_too_many = true -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if counts.is_too_many -%}
            {%- do sosdata.stop(
                'organiser_code is not set, and ' ~ '{:,}'.format(counts.rows) ~ ' rows name no organiser: set the var'
                ~ ' organiser_code to the OID of your county.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
