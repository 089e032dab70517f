{#- A real day of 1901-2199, alone or at midnight as databases export days (C5): what lies outside is some system's word for
    "none" or "open". -#}
{% macro read_date(text) -%}
    {%- set day = '(19(0[1-9]|[1-9][0-9])|2[01][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' -%}
    case
        when {{ sosdata.matches(text, '^' ~ day ~ '([T ]00:00(:00([.]0+)?)?)?$') }}
            then {{ sosdata.cast_or_empty('substring(' ~ text ~ ', 1, 10)', 'date') }}
    end
{%- endmacro %}

{#- In UTC and without a zone of its own, so that every engine compares it alike whatever its session's zone. -#}
{% macro read_moment(text) -%}
    {%- set year = '(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})' -%}
    {%- set day = year ~ '-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' -%}
    {%- set clock = '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?' -%}
    {%- set zone = '(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?' -%}
    {%- set day_text = 'substring(' ~ text ~ ', 1, 10)' -%}
    {%- set clock_text = sosdata.first_match(text, '[0-9]{2}:[0-9]{2}:?[0-9]{0,2}[.]?[0-9]{0,6}') -%}
    {%- set offset_text = "replace(" ~ sosdata.first_match('substring(' ~ text ~ ', 12)', '[+-][0-9:]+$') ~ ", ':', '')" -%}
    case
        when
            {{ sosdata.matches(text, '^' ~ day ~ '([T ]' ~ clock ~ zone ~ ')?$') }}
            and {{ sosdata.cast_or_empty(day_text, 'date') }} is not null
            then
                {{ sosdata.cast_or_empty(day_text ~ " || ' ' || coalesce(nullif(" ~ clock_text ~ ", ''), '00:00')", sosdata.moment_type()) }}
                - {{ sosdata.offset_minutes(offset_text) }} * interval '1' minute
    end
{%- endmacro %}

{#- Of an offset such as +0200 or -02; an empty one is UTC. -#}
{% macro offset_minutes(offset) -%}
    coalesce(
        {{ sosdata.cast_or_empty('substring(' ~ offset ~ ', 1, 3)', 'integer') }} * 60
        + case when {{ offset }} like '-%' then -1 else 1 end
        * coalesce({{ sosdata.cast_or_empty('substring(' ~ offset ~ ', 4, 2)', 'integer') }}, 0),
        0
    )
{%- endmacro %}
