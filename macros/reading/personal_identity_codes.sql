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
    second look is needed. -#}
{% macro without_personal_identity_codes(text) -%}
    {%- set gap = '[. \u00a0\u2007\u2009\u202f]?' -%}
    {%- set date = '(?:0[1-9]|[12][0-9]|3[01])' ~ gap ~ '(?:0[1-9]|1[0-2])' ~ gap ~ '(?:18|19|20)?[0-9]{2}' -%}
    {%- set sign = '[+_A-FU-Ya-fu-y \t\u00a0\u00ad\u2007\u2009\u2010-\u2015\u202f\u2043\u2212\ufe58\ufe63\uff0d-]{1,5}' -%}
    {%- set number = '[0-9]{3}[ _\u00a0]?[0-9A-FHJ-NPR-Ya-fhj-npr-y]' -%}
    {%- set alone = '(^|[^0-9])' ~ date ~ number ~ '($|[^0-9])' -%}
    {%- set mask = '[personal identity code]' -%}
    {%- set ns = namespace(masked=sosdata.mask_pattern(text, date ~ sign ~ number, mask)) -%}
    {%- for look in [1, 2] -%}
        {%- set ns.masked = sosdata.mask_pattern(ns.masked, alone, '{1}' ~ mask ~ '{2}') -%}
    {%- endfor -%}
    {{ ns.masked }}
{%- endmacro %}
