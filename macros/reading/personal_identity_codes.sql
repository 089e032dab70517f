{% macro is_personal_identity_code(code) -%}
    case
        when {{ sosdata.matches(code, '^[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]$') }}
            then
                {{ sosdata.birth_date(code) }} is not null
                and cast(substring({{ code }}, 8, 3) as integer) >= 2
                and substring(
                    '0123456789ABCDEFHJKLMNPRSTUVWXY',
                    cast(substring({{ code }}, 1, 6) || substring({{ code }}, 8, 3) as integer) % 31 + 1,
                    1
                ) = substring({{ code }}, 11, 1)
        else false
    end
{%- endmacro %}

{% macro birth_date(code) -%}
    {{ sosdata.cast_or_empty(
        "case when substring(" ~ code ~ ", 7, 1) = '+' then '18'"
        ~ " when substring(" ~ code ~ ", 7, 1) in ('-', 'U', 'V', 'W', 'X', 'Y') then '19' else '20' end"
        ~ " || substring(" ~ code ~ ", 5, 2) || '-' || substring(" ~ code ~ ", 3, 2) || '-' || substring(" ~ code ~ ", 1, 2)",
        'date'
    ) }}
{%- endmacro %}

{#- Ids and values of an extract may hold a code where none belongs; lists that people read must not (Q5). Codes are written
    in many ways: in lower case, with a full year, with blanks, any dash or an underscore for the sign, or without one. Without
    one only digits that stand by themselves are taken for a code; what parts two of them belongs to the first, so that a
    second look is needed. A UUID is no code, whatever its digits. -#}
{% macro without_personal_identity_codes(text) -%}
    {%- set blank = ' \t\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff' -%}
    {%- set dash = '\u00ad\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d-' -%}
    {%- set gap = '[./' ~ blank ~ dash ~ ']{0,3}' -%}
    {%- set day, month = '(?:0[1-9]|[12][0-9]|3[01])', '(?:0[1-9]|1[0-2])' -%}
    {%- set century, year = '(?:18|19|20)[0-9]{2}', '(?:18|19|20)?[0-9]{2}' -%}
    {%- set check = '[0-9A-FHJ-NPR-Ya-fhj-npr-y]' -%}
    {%- set sign = '[+_/*~.:=\u00b7A-FU-Ya-fu-y' ~ blank ~ dash ~ ']{1,9}' -%}
    {#- Not parted inside: a date with a time would be taken for a code. -#}
    {%- set number = '[0-9]{3}[_' ~ blank ~ dash ~ ']{0,2}' ~ check -%}
    {%- set signed = '(?:' ~ [
        day ~ gap ~ month ~ gap ~ year,
        century ~ gap ~ month ~ gap ~ day,
        '(?:0?[1-9]|[12][0-9]|3[01])[./-](?:0?[1-9]|1[0-2])[./-]' ~ year,
    ] | join('|') ~ ')' ~ sign ~ number -%}
    {%- set alone = '(^|[^0-9.])' ~ day ~ month ~ year ~ '[0-9]{3}' ~ check ~ '($|[^0-9.]|[.]$|[.][^0-9])' -%}
    {%- set mask = '[personal identity code]' -%}
    {%- set ns = namespace(masked=sosdata.mask_pattern(text, signed, mask)) -%}
    {%- for look in [1, 2] -%}
        {%- set ns.masked = sosdata.mask_pattern(ns.masked, alone, '{1}' ~ mask ~ '{2}') -%}
    {%- endfor -%}
    case
        when {{ sosdata.matches(text, '^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$') }} then {{ text }}
        else {{ ns.masked }}
    end
{%- endmacro %}
