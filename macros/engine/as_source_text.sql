{#- A typed column counts as its text, whatever the settings of the session (C5a). Types are told by their names, which are
    the engine's own. -#}
{% macro as_source_text(column, data_type) -%}
    {{ return(adapter.dispatch('as_source_text', 'sosdata')(column, data_type | lower)) }}
{%- endmacro %}

{% macro default__as_source_text(column, data_type) -%}
    {%- if data_type in ('varchar', 'text') -%}
        {{ column }}
    {%- elif data_type in ('timestamp with time zone', 'timestamptz_ns') -%}
        {%- set moment = 'cast(' ~ column ~ ' as timestamp with time zone)' -%}
        case
            when isfinite({{ moment }}) then cast(make_timestamp(epoch_us({{ moment }})) as varchar) || '+00'
            else cast({{ column }} as varchar)
        end
    {%- elif data_type.startswith('decimal') -%}
        {{ sosdata.without_empty_fraction('cast(' ~ column ~ ' as varchar)') }}
    {%- elif data_type in ('float', 'double') -%}
        case
            when {{ column }} = floor({{ column }}) and abs({{ column }}) < 1e37
                then cast(cast({{ column }} as decimal(38, 0)) as varchar)
            else replace(replace(cast({{ column }} as varchar), 'nan', 'NaN'), 'inf', 'Infinity')
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
    {%- elif data_type in ('date', 'timestamp without time zone') -%}
        {{ sosdata.postgres_iso(column) }}
    {%- elif data_type == 'timestamp with time zone' -%}
        {{ sosdata.postgres_iso(column ~ " at time zone 'UTC'") }} || case when isfinite({{ column }}) then '+00' else '' end
    {%- elif data_type == 'interval' -%}
        to_char({{ column }}, 'FMYYYY "years" FMMM "months" FMDD "days" HH24:MI:SS.US')
    {%- elif data_type in ('numeric', 'money') -%}
        {{ sosdata.without_empty_fraction('cast(cast(' ~ column ~ ' as numeric) as text)') }}
    {%- elif data_type in ('real', 'double precision') -%}
        {#- As a number of this type has its digits by itself: its text has as many as the session asks for. -#}
        case
            when {{ column }} = floor({{ column }}) and abs({{ column }}) < 9e18
                then cast(cast({{ column }} as bigint) as text)
            else cast(cast({{ column }} as numeric) as text)
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

{#- The engine's JSON writes days and moments in ISO form, whatever the session's DateStyle. -#}
{% macro postgres_iso(value) -%}
    replace(to_json({{ value }}) #>> '{}', 'T', ' ')
{%- endmacro %}

{#- A timestamp of Spark is a moment, shown in the zone of the session; its microseconds are the same everywhere. -#}
{% macro spark__as_source_text(column, data_type) -%}
    {%- if data_type == 'string' -%}
        {{ column }}
    {%- elif data_type == 'timestamp' -%}
        cast(timestampadd(microsecond, unix_micros({{ column }}), timestamp_ntz '1970-01-01 00:00:00') as string) || '+00'
    {%- elif data_type.startswith('decimal') -%}
        {#- Unless the session is an ANSI one, 0 may be written with an exponent. -#}
        case
            when {{ column }} = 0 then '0'
            else {{ sosdata.without_empty_fraction('cast(' ~ column ~ ' as string)') }}
        end
    {%- elif data_type in ('float', 'double') -%}
        case
            when abs({{ column }}) < 1e16 and abs({{ column }}) >= 0.0001
                then regexp_replace(cast(cast(cast({{ column }} as string) as decimal(38, 21)) as string), '[.]?0+$', '')
            when {{ column }} = 0 then '0'
            when abs({{ column }}) < 1e37 and abs({{ column }}) > 1 then cast(cast({{ column }} as decimal(38, 0)) as string)
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
