{#- One scan for all the columns that may not be empty. -#}
{% test mandatory(model, columns) %}
select
    {{ columns | join(', ') }}
from {{ sosdata.rows_or_none(model, columns) }}
where
    {% for column in columns -%}
    {{ 'or ' if not loop.first }}{{ column }} is null
    {% endfor %}
{% endtest %}
