{#- The code stands in its classification and, where an interval with a known start is given, was in force on one of
    its days.
    Codes outside an incomplete list are let through (K3). An empty code is another test's business. -#}
{% test code_is_in_list(model, column, classification, started_on=none, ended_on=none) %}
with

rows_to_test as (
    select
        {{ column }} as code,
        {{ started_on or "cast(null as date)" }} as started_on,
        {{ ended_on or "cast(null as date)" }} as ended_on
    from {{ model }}
    where {{ column }} is not null
)

select rows_to_test.*
from rows_to_test
left join {{ ref('int_codes') }} as codes
    on
        codes.classification = '{{ classification }}'
        and codes.code = rows_to_test.code
left join {{ ref('classifications') }} as lists
    on lists.classification = '{{ classification }}'
where
    (codes.code is null and coalesce(lists.is_complete, true))
    {%- if started_on %}
    or (
        rows_to_test.started_on is not null
        and (codes.valid_from > rows_to_test.ended_on or codes.valid_to < rows_to_test.started_on)
    )
    {%- endif %}
{% endtest %}
