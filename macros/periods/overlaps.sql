{#- The one meaning of overlap everywhere (P3): both days count, and an empty one is open. -#}
{% macro overlaps(started_on, ended_on, other_started_on, other_ended_on) -%}
    coalesce({{ started_on }}, {{ sosdata.open_start() }}) <= coalesce({{ other_ended_on }}, {{ sosdata.open_end() }})
    and coalesce({{ ended_on }}, {{ sosdata.open_end() }}) >= coalesce({{ other_started_on }}, {{ sosdata.open_start() }})
{%- endmacro %}

{% macro open_start() -%}
    cast('0001-01-01' as date)
{%- endmacro %}

{% macro open_end() -%}
    cast('9999-12-31' as date)
{%- endmacro %}

{#- The last of several ends, empty where one of them is open. -#}
{% macro latest_end(ended_on) -%}
    nullif(max(coalesce({{ ended_on }}, {{ sosdata.open_end() }})), {{ sosdata.open_end() }})
{%- endmacro %}
