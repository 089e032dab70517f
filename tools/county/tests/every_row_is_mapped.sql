-- A join that loses rows, or makes two of one, is in nobody's list: the package sees only what the mapping gives. Each line is a
-- table of the contract, where its rows come from, and its mapping; what a mapping filters on purpose is filtered here too.
{%- set tables = [
    ('TABLE_NAME', ref('example_TABLE_NAME'), ref('COUNTY_NAME_TABLE_NAME')),
] %}
with

counts as (
    {% for table, system, mapping in tables %}
    select
        '{{ table }}' as source_table,
        (select count(*) from {{ system }}) as rows_of_system,
        (select count(*) from {{ mapping }}) as rows_mapped
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select *
from counts
where rows_of_system <> rows_mapped
