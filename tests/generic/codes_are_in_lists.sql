{#- One scan for all coded columns. Empty codes are another test's business. Codes outside an incomplete list are let
    through (K3); `in_force` gives the interval in which a code must have been in force, judged where its start is known. -#}
{% test codes_are_in_lists(model, columns, in_force={}) %}
select delivered.*
from {{ model }} as delivered
{% for column, classification in columns.items() %}
left join {{ ref('int_codes') }} as {{ column }}_class
    on
        {{ column }}_class.classification = '{{ classification }}'
        and {{ column }}_class.code = delivered.{{ column }}
left join {{ ref('classifications') }} as {{ column }}_list
    on {{ column }}_list.classification = '{{ classification }}'
{% endfor %}
where
    {% for column in columns -%}
    {{ 'or ' if not loop.first -}}
    (
        delivered.{{ column }} is not null
        and {{ column }}_class.code is null
        and coalesce({{ column }}_list.is_complete, true)
    )
    {% endfor %}
    {%- for column, interval in in_force.items() %}
    or (
        {{ interval[0] }} is not null
        and not (
            {{ sosdata.overlaps(column ~ '_class.valid_from', column ~ '_class.valid_to', interval[0], interval[1]) }}
        )
    )
    {%- endfor %}
{% endtest %}
