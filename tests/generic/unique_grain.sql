{#- Empty values count as equal: a grain may have an empty source system. -#}
{% test unique_grain(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_alike
from {{ sosdata.rows_or_none(model, columns) }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
