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

{#- Ids and values of an extract may hold a code where none belongs; lists that people read must not (Q5). -#}
{% macro without_personal_identity_codes(text) -%}
    {{ sosdata.mask_pattern(
        text,
        '(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])[0-9]{2}[-+A-FU-Ya-fu-y][0-9]{3}[0-9A-FHJ-NPR-Ya-fhj-npr-y]',
        '[personal identity code]'
    ) }}
{%- endmacro %}
