-- A check whose rule is not in the catalogue would reject rows without a word.
select
    counts.source_table,
    counts.judged_rules
from {{ ref('int_quality__row_counts') }} as counts
left join {{ ref('stg_settings__rules') }} as rules
    on
        rules.source_table = counts.source_table
        and {{ sosdata.holds_rule('counts.judged_rules', 'rules.rule_id') }}
group by counts.source_table, counts.judged_rules
having count(distinct rules.rule_id) <> {{ sosdata.rules_in('counts.judged_rules') }}
