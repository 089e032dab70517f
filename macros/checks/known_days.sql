{#- Whether an interval has a day on which its code can be judged: not where the end cannot be read (R4). -#}
{% macro has_known_days(started_on, ended_on, ended_on_text) -%}
    {{ started_on }} is not null and ({{ ended_on_text }} is null or {{ ended_on }} >= {{ started_on }})
{%- endmacro %}
