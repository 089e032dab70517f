{#- A typed column counts as its text, whatever the settings of the session (C5a). Types are told by their names, which are
    the engine's own. -#}
{% macro as_source_text(column, data_type) -%}
    {{ return(adapter.dispatch('as_source_text', 'sosdata')(column, data_type | lower)) }}
{%- endmacro %}

{% macro default__as_source_text(column, data_type) -%}
    {%- if data_type in ('varchar', 'text') -%}
        {{ column }}
    {%- elif data_type == 'timestamp with time zone' -%}
        case
            when isfinite({{ column }}) then cast(make_timestamp(epoch_us({{ column }})) as varchar) || '+00'
            else cast({{ column }} as varchar)
        end
    {%- elif data_type.startswith('decimal') -%}
        {{ sosdata.without_empty_fraction('cast(' ~ column ~ ' as varchar)') }}
    {%- elif data_type in ('float', 'double') -%}
        case
            when {{ column }} = floor({{ column }}) and abs({{ column }}) < 1e37
                then cast(cast({{ column }} as decimal(38, 0)) as varchar)
            else cast({{ column }} as varchar)
        end
    {%- elif data_type == 'blob' -%}
        {#- Bytes that are no UTF-8 stay visible as what cannot be read. -#}
        coalesce(try(decode({{ column }})), cast({{ column }} as varchar))
    {%- else -%}
        cast({{ column }} as varchar)
    {%- endif -%}
{%- endmacro %}

{% macro postgres__as_source_text(column, data_type) -%}
    {%- if data_type in ('text', 'character varying') -%}
        {{ column }}
    {%- elif data_type == 'date' -%}
        {{ sosdata.postgres_moment(column, column, 'YYYY-MM-DD', '') }}
    {%- elif data_type == 'timestamp without time zone' -%}
        {{ sosdata.postgres_moment(column, column, 'YYYY-MM-DD HH24:MI:SS.US', '') }}
    {%- elif data_type == 'timestamp with time zone' -%}
        {{ sosdata.postgres_moment(column, column ~ " at time zone 'UTC'", 'YYYY-MM-DD HH24:MI:SS.US', '+00') }}
    {%- elif data_type == 'numeric' -%}
        {{ sosdata.without_empty_fraction('cast(' ~ column ~ ' as text)') }}
    {%- elif data_type in ('real', 'double precision') -%}
        case
            when {{ column }} = floor({{ column }}) and abs({{ column }}) < 9e18
                then cast(cast({{ column }} as bigint) as text)
            else cast({{ column }} as text)
        end
    {%- elif data_type == 'bytea' -%}
        {%- set more = '[89ab][0-9a-f]' -%}
        {%- set utf8 = [
            '0[1-9a-f]', '[1-7][0-9a-f]', '(c[2-9a-f]|d[0-9a-f])' ~ more, 'e0[ab][0-9a-f]' ~ more,
            '(e[1-9a-cef])(' ~ more ~ '){2}', 'ed[89][0-9a-f]' ~ more, 'f0[9ab][0-9a-f](' ~ more ~ '){2}',
            'f[123](' ~ more ~ '){3}', 'f48[0-9a-f](' ~ more ~ '){2}',
        ] | join('|') -%}
        {#- The engine has no cast of bytes that can be asked first. -#}
        case
            when encode({{ column }}, 'hex') ~ '^({{ utf8 }})*$' then convert_from({{ column }}, 'UTF8')
            else encode({{ column }}, 'escape')
        end
    {%- else -%}
        cast({{ column }} as text)
    {%- endif -%}
{%- endmacro %}

{#- to_char has no word for what lies outside the calendar or before year 1. -#}
{% macro postgres_moment(column, in_utc, form, zone) -%}
    case
        when not isfinite({{ column }}) then cast({{ column }} as text)
        else
            regexp_replace(to_char({{ in_utc }}, '{{ form }}'), '[.]0+$', '') || '{{ zone }}'
            || case when extract(year from {{ in_utc }}) < 0 then ' BC' else '' end
    end
{%- endmacro %}

{#- A timestamp of Spark is a moment, shown in the zone of the session; its microseconds are the same everywhere. -#}
{% macro spark__as_source_text(column, data_type) -%}
    {%- if data_type == 'string' -%}
        {{ column }}
    {%- elif data_type == 'timestamp' -%}
        cast(timestampadd(microsecond, unix_micros({{ column }}), timestamp_ntz '1970-01-01 00:00:00') as string) || '+00'
    {%- elif data_type.startswith('decimal') -%}
        {{ sosdata.without_empty_fraction('cast(' ~ column ~ ' as string)') }}
    {%- elif data_type in ('float', 'double') -%}
        case
            when {{ column }} = floor({{ column }}) and abs({{ column }}) < 1e37
                then cast(cast({{ column }} as decimal(38, 0)) as string)
            else cast({{ column }} as string)
        end
    {%- elif data_type == 'binary' -%}
        coalesce(try_validate_utf8(cast({{ column }} as string)), hex({{ column }}))
    {%- else -%}
        cast({{ column }} as string)
    {%- endif -%}
{%- endmacro %}

{% macro without_empty_fraction(text) -%}
    regexp_replace({{ text }}, '[.]0+$', '')
{%- endmacro %}
