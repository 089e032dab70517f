-- Everything that rules were judged on, with the rules judged and broken and, where one is broken, what stood there (Q2).
-- Grain: one row for each distinct source row, each decision in a follow-up period (DE07) and each source system (CA55).
-- Left out: personal identity codes, wherever they stand in a column of their own.
{{ config(materialized='view') }}
{% for relation, source_table, row_id, row_kind in sosdata.rule_carriers() %}
{% set of_row, of_decision = row_kind == 'source_row', row_kind == 'row_in_follow_up_period' %}
{% set contract = sosdata.source_contract()[source_table] if of_row else {} %}
select
    cast('{{ row_kind }}' as {{ dbt.type_string() }}) as row_kind,
    cast('{{ source_table }}' as {{ dbt.type_string() }}) as source_table,
    source_system,
    {{ row_id or sosdata.empty_text() }} as row_id,
    {{ 'client_id' if row_id else sosdata.empty_text() }} as client_id,
    {{ 'unit' if row_id else sosdata.empty_text() }} as unit,
    {{ 'follow_up_period' if of_decision else sosdata.empty_text() }} as follow_up_period,
    {% for column in sosdata.observed_columns() %}
    {{
        sosdata.empty_text() if column not in contract else
        column ~ '_text' if contract[column] == 'read' else
        column
    }} as {{ column }}_text,
    {% endfor %}
    {{ 'rows_alike' if of_row else '1' }} as rows_alike,
    {{ 'is_blank' if of_row else 'false' }} as is_blank,
    {{ 'is_accepted' if of_row else 'true' }} as is_accepted,
    {{ 'is_in_scope' if of_row else 'true' }} as is_in_scope,
    judged_rules,
    broken_rules
from {{ ref(relation) }}
{{ 'union all' if not loop.last }}
{% endfor %}
