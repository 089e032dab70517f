{#- S-V: by its dates where it has one; its label counts only where it has none. -#}
{% macro service_is_in_period(services, quarters, quarter) -%}
    case
        when {{ services }}.started_on is null and {{ services }}.ended_on is null
            then {{ services }}.follow_up_period = {{ quarters }}.{{ quarter }}
        else {{ sosdata.overlaps(
            services ~ '.started_on', services ~ '.ended_on', quarters ~ '.started_on', quarters ~ '.ended_on'
        ) }}
    end
{%- endmacro %}
