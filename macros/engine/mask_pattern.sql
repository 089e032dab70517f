{% macro mask_pattern(text, pattern, mask) -%}
    {{ return(adapter.dispatch('mask_pattern', 'sosdata')(text, pattern, mask)) }}
{%- endmacro %}

{% macro default__mask_pattern(text, pattern, mask) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ mask | replace('{1}', '\\1') | replace('{2}', '\\2') }}', 'g')
{%- endmacro %}

{% macro spark__mask_pattern(text, pattern, mask) -%}
    regexp_replace(
        {{ text }}, '{{ sosdata.java_pattern(pattern) }}', '{{ mask | replace('{1}', '$1') | replace('{2}', '$2') }}'
    )
{%- endmacro %}
