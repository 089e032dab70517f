{#- A county's own rules: a seed with their texts (var own_rules) and a model with the rows that break them (var
    own_rules_model). They are judged on every row of their table, and stand in the lists beside ours. -#}
{% macro has_own_rules() %}
    {%- set given = [var('own_rules', ''), var('own_rules_model', '')] | select | list -%}
    {%- if given | length == 1 -%}
        {%- do sosdata.stop(
            'own_rules and own_rules_model go together: the seed with the texts of your rules, and the model with the rows that'
            ~ ' break them.'
        ) -%}
    {%- endif -%}
    {{ return(given | length == 2) }}
{% endmacro %}

{% macro with_own_rules(rows, table) -%}
    select
        checked.*,
        judged.own_judged_errors,
        judged.own_judged_warnings,
        coalesce(broken.own_broken_errors, '') as own_broken_errors,
        coalesce(broken.own_broken_warnings, '') as own_broken_warnings
    from {{ rows }} as checked
    cross join (
        select
            coalesce({{ sosdata.joined_in_order("case when severity = 'error' then rule_id || ' ' end") }}, '')
                as own_judged_errors,
            coalesce({{ sosdata.joined_in_order("case when severity = 'warning' then rule_id || ' ' end") }}, '')
                as own_judged_warnings
        from {{ ref('stg_settings__rules') }}
        where is_own and source_table = '{{ table }}'
    ) as judged
    left join (
        select
            source_system,
            row_id,
            {{ sosdata.joined_in_order("case when severity = 'error' then rule_id || ' ' end") }} as own_broken_errors,
            {{ sosdata.joined_in_order("case when severity = 'warning' then rule_id || ' ' end") }} as own_broken_warnings
        from {{ ref('int_own_rules__broken') }}
        where source_table = '{{ table }}'
        group by source_system, row_id
    ) as broken
        on
            broken.source_system = checked.source_system
            and broken.row_id = checked.{{ sosdata.row_id_column(table) }}
{%- endmacro %}

{% macro row_id_column(table) %}
    {{ return((sosdata.source_contract()[table].keys() | list)[1]) }}
{% endmacro %}
