-- A check whose rule is not in the catalogue would reject rows without a word.
with

{% for table, model, row_id in sosdata.checked_tables() %}
combinations_{{ table }} as (
    select
        checked.judged_rules,
        count(rules.rule_id) as rules_found
    from (select distinct judged_rules from {{ ref(model) }}) as checked
    left join {{ ref('quality_rules') }} as rules
        on
            rules.source_table = '{{ table }}'
            and checked.judged_rules like '%' || rules.rule_id || ' %'
    group by checked.judged_rules
){{ ',' if not loop.last }}

{% endfor %}
{% for table, model, row_id in sosdata.checked_tables() %}
select judged_rules
from combinations_{{ table }}
where rules_found * length('CA01 ') <> length(judged_rules)
{{ 'union all' if not loop.last }}
{% endfor %}
