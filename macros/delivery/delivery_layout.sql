{#- How section files are written (F5). -#}
{% macro delivery_layout() %}
    {%- set formats = sosdata.setting_as_list('delivery_formats') -%}
    {%- for format in formats if format not in ['csv', 'parquet', 'jsonl'] -%}
        {%- do sosdata.stop("delivery_formats: '" ~ format ~ "' is not a format. The formats are csv, parquet and jsonl.") -%}
    {%- endfor -%}
    {%- if not formats -%}
        {%- do sosdata.stop('delivery_formats is empty: name one or more of csv, parquet and jsonl.') -%}
    {%- endif -%}
    {{ return({
        'delivery_formats': ['csv', 'parquet', 'jsonl'] | select('in', formats) | list,
        'delivery_delimiter': sosdata.one_of('delivery_delimiter', {
            ',': ',', 'comma': ',', ';': ';', 'semicolon': ';', '\t': '\t', 'tab': '\t'
        }),
        'delivery_encoding': sosdata.one_of('delivery_encoding', {'utf-8': 'utf-8', 'utf-8-sig': 'utf-8-sig'}),
        'delivery_line_end': sosdata.one_of('delivery_line_end', {'lf': 'lf', 'crlf': 'crlf'}),
        'delivery_header_language': sosdata.one_of('delivery_header_language', {'en': 'en', 'sv': 'sv', 'fi': 'fi'}),
    }) }}
{% endmacro %}

{% macro one_of(name, meanings) %}
    {%- set given = (var(name) ~ '') | lower -%}
    {%- if given not in meanings -%}
        {%- do sosdata.stop(
            name ~ ": '" ~ given ~ "' is none of " ~ meanings.keys() | reject('in', ['\t']) | join(' ') ~ '.'
        ) -%}
    {%- endif -%}
    {{ return(meanings[given]) }}
{% endmacro %}
