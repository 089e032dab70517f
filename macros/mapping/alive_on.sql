{% macro alive_on(day, valid_to, ends, valid_from=none) -%}
    {%- set comparisons = {'included': '>=', 'excluded': '>'} -%}
    {%- if ends not in comparisons -%}
        {%- do sosdata.stop(
            "alive_on: ends must be 'included', where a row is still alive on the day of its end, or 'excluded', where it is not."
        ) -%}
    {%- endif -%}
    (
        coalesce({{ valid_to }} {{ comparisons[ends] }} {{ day }}, true)
        {%- if valid_from %} and coalesce({{ valid_from }} <= {{ day }}, true) {%- endif %}
    )
{%- endmacro %}
