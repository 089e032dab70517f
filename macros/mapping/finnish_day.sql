{#- The type of the moment decides whether `zone` is asked for, and the session's zone never: a moment with a zone counts
    by its microseconds since 1970 in UTC. -#}
{% macro finnish_day(moment, zone='UTC') -%}
    {{ return(adapter.dispatch('finnish_day', 'sosdata')(moment, zone)) }}
{%- endmacro %}

{% macro default__finnish_day(moment, zone='UTC') -%}
    case
        when isfinite({{ moment }}) then cast(cast(timezone('Europe/Helsinki', timezone(
            case when typeof({{ moment }}) like 'TIMESTAMP%Z%' then 'UTC' else '{{ zone }}' end,
            make_timestamp(epoch_us({{ moment }}))
        )) as date) as varchar)
        else cast({{ moment }} as varchar)
    end
{%- endmacro %}

{% macro postgres__finnish_day(moment, zone='UTC') -%}
    case
        when isfinite({{ moment }}) then to_char(timezone('Europe/Helsinki', timezone(
            case when pg_typeof({{ moment }}) = cast('timestamptz' as regtype) then 'UTC' else '{{ zone }}' end,
            timestamp '1970-01-01' + extract(epoch from {{ moment }}) * interval '1 second'
        )), 'YYYY-MM-DD')
        else cast({{ moment }} as text)
    end
{%- endmacro %}

{% macro spark__finnish_day(moment, zone='UTC') -%}
    cast(cast(case
        when typeof({{ moment }}) = 'timestamp' then convert_timezone(
            'UTC', 'Europe/Helsinki',
            timestampadd(microsecond, unix_micros(cast({{ moment }} as timestamp)), timestamp_ntz '1970-01-01 00:00:00')
        )
        else convert_timezone('{{ zone }}', 'Europe/Helsinki', cast({{ moment }} as timestamp_ntz))
    end as date) as string)
{%- endmacro %}

{#- A day alone has no time that could lie in another day, and what cannot be read stays as it is. -#}
{% macro finnish_day_of_text(text, zone='UTC') -%}
    {%- set moment = sosdata.read_moment(text) -%}
    {%- set of_offset = sosdata.matches(text, ':[0-9.]+(Z|[+-][0-9:]+)$') -%}
    case
        when {{ of_offset }} then coalesce({{ sosdata.finnish_day(moment) }}, {{ text }})
        when {{ sosdata.matches(text, ':') }} then coalesce({{ sosdata.finnish_day(moment, zone) }}, {{ text }})
        else {{ sosdata.trimmed(text) }}
    end
{%- endmacro %}
