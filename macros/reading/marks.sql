{% macro read_mark(text) -%}
    case
        when {{ text }} is null or lower({{ text }}) in ('false', '0', 'f', 'no') then false
        when lower({{ text }}) in ('true', '1', 't', 'yes') then true
    end
{%- endmacro %}
