{#- All white space of Unicode, no-break spaces and information separators too, and at the beginning the byte-order mark (C5).
    Text of visible ASCII characters alone, which nearly all cells are, needs no trimming and is spared the slow way. -#}
{% macro trimmed(column) -%}
    {%- set white_space = "\u0009\u000a\u000b\u000c\u000d\u001c\u001d\u001e\u001f\u0020\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000" -%}
    {%- set text = 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    case
        when {{ sosdata.matches(text, '^[!-~]+$') }} then {{ text }}
        else nullif(trim(leading '{{ white_space ~ "\ufeff" }}' from trim(trailing '{{ white_space }}' from {{ text }})), '')
    end
{%- endmacro %}
