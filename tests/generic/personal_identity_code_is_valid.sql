{#- Counts instead of rows: a failing test must not carry codes into logs or stored failures. -#}
{% test personal_identity_code_is_valid(model, column) %}
select count(*) as rows_with_invalid_code
from {{ model }}
where not coalesce({{ sosdata.is_personal_identity_code(column) }}, false)
having count(*) > 0
{% endtest %}
