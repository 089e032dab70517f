-- A county's own rule speaks of rows that the extract has: one of another row would be lost without a word.
select
    broken.rule_id,
    broken.source_table
from {{ ref('int_own_rules__broken') }} as broken
left join {{ ref('int_quality__judged_rows') }} as judged
    on
        judged.row_kind = 'source_row'
        and judged.source_table = broken.source_table
        and judged.source_system = broken.source_system
        and judged.row_id = broken.row_id
where judged.row_id is null
