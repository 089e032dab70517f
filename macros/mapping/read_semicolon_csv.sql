{#- DuckDB alone, and without an extension: its reader knows neither Windows-1252 nor, in latin-1, the bytes 80-9F, and quotes
    the line that it cannot read. So the bytes are read as they are, and parted here; every fault is known before a row is
    given, and named by its line alone. -#}
{% macro read_semicolon_csv(path, columns, encoding='windows-1252') -%}
    {%- do sosdata.stop_on_wrong_reading(columns, encoding) -%}
    {%- set file = path.split('/')[-1] -%}
    {%- set names = [] -%}
    {%- for column in columns -%}
        {%- do names.append(dbt.string_literal(dbt.escape_single_quotes(column))) -%}
    {%- endfor -%}
    {#- No text has these two: they are no characters. -#}
    {%- set row_end = 'chr(64976)' -%}
    {%- set cell_end = 'chr(64977)' -%}
    (
        with
        {# The engine gives no row of a file that is not there: an aggregate always gives one. #}
        file_bytes as (
            select any_value(content) as content from read_blob({{ sosdata.path_literal(path) }})
        ),
        file_text as (
            select
                content is not null as is_there,
                {% if encoding == 'utf-8' -%}
                trim(leading chr(65279) from try(decode(content))) as raw_text
                {%- else -%}
                {{ sosdata.from_windows_1252(sosdata.bytes_as_text('content')) }} as raw_text
                {%- endif %}
            from file_bytes
        ),
        {# Every second part stands between quotation marks; one of nothing between two others is a doubled mark. #}
        file_parts as (
            select
                is_there,
                raw_text,
                string_split(replace(replace(raw_text, chr(13) || chr(10), chr(10)), chr(13), chr(10)), '"') as parts
            from file_text
        ),
        file_rows as (
            select
                is_there,
                raw_text,
                parts,
                string_split(array_to_string(list_transform(parts, lambda part, i:
                    case
                        when i % 2 = 0 then part
                        when part = '' and i > 1 and i < len(parts) then '"'
                        else translate(part, ';' || chr(10), {{ cell_end }} || {{ row_end }})
                    end
                ), ''), {{ row_end }}) as row_texts
            from file_parts
        ),
        file_header as (
            select
                *,
                list_transform(string_split(row_texts[1], {{ cell_end }}), lambda name: trim(name)) as header
            from file_rows
        ),
        file_places as (
            select
                *,
                list_position(list_transform(parts, lambda part, i:
                    i % 2 = 1 and i > 1 and part <> '' and not regexp_matches(part, '^[;\n]')
                ), true) as wrong_part_start,
                list_position(list_transform(parts, lambda part, i:
                    i % 2 = 1 and i < len(parts) and part <> '' and not regexp_matches(part, '[;\n]$')
                ), true) as wrong_part_end,
                list_position(list_transform(row_texts, lambda row_text:
                    row_text <> '' and len(string_split(row_text, {{ cell_end }})) <> len(header)
                ), true) as wrong_row,
                list_position(list_transform(row_texts, lambda row_text, i:
                    len(header) > 1 and contains(row_text, chr(10)) and len(list_filter(
                        string_split_regex(row_text, '[\n' || {{ cell_end }} || ']'),
                        lambda line: length(line) - length(replace(line, ';', '')) = len(header) - 1
                    )) > 0
                ), true) as swallowing_row
            from file_header
        ),
        file_faults as (
            select
                *,
                case
                    when not is_there
                        then ' does not exist: ' || {{ dbt.string_literal(dbt.escape_single_quotes(path)) }} || ' is no file.'
                    when raw_text is null
                        then ' is not UTF-8. Read it with the encoding windows-1252.'
                    {%- if encoding == 'windows-1252' %}
                    when starts_with(raw_text, 'ï»¿')
                        then ' is UTF-8. Read it with the encoding utf-8.'
                    {%- endif %}
                    when contains(raw_text, chr(0))
                        then ' is UTF-16, or no text at all. Write it again in Windows-1252 or UTF-8.'
                    when trim(row_texts[1]) = ''
                        then ' is empty, or its first line is. Its first line must be the header.'
                    {%- for name in names %}
                    when not list_contains(header, {{ name }})
                        then ' has no column ' || {{ name }} || '. Its first line must be the header, with semicolons between.'
                    when len(list_filter(header, lambda name: name = {{ name }})) > 1
                        then ' has the column ' || {{ name }} || ' more than once.'
                    {%- endfor %}
                    when wrong_part_start > 0 or wrong_part_end > 0
                        then ': line ' || {{ sosdata.lines_to('parts[:least(wrong_part_start - 1, wrong_part_end)]') }}
                            || ' has a quotation mark that is not doubled inside a cell, or one before it is never closed.'
                    when len(parts) % 2 = 0
                        then ': line ' || {{ sosdata.lines_to('parts[:-2]') }} || ' has a quotation mark that is never closed.'
                    when wrong_row > 0
                        then ': line ' || {{ sosdata.lines_to('row_texts[:wrong_row - 1]', 'wrong_row') }} || ' has '
                            || case
                                when len(string_split(row_texts[wrong_row], {{ cell_end }})) > len(header) then 'more'
                                else 'fewer'
                            end || ' cells than the header.'
                    when swallowing_row > 0
                        then ': the row that begins in line '
                            || {{ sosdata.lines_to('row_texts[:swallowing_row - 1]', 'swallowing_row') }}
                            || ' holds what looks like another row between the quotation marks of a cell.'
                end as fault
            from file_places
        ),
        sound_file as (
            select
                row_texts,
                {%- for name in names %}
                list_position(header, {{ name }}) as place_{{ loop.index }}{{ ',' if not loop.last }}
                {%- endfor %}
            from file_faults
            where
                case
                    when fault is null then true
                    else error({{ dbt.string_literal(dbt.escape_single_quotes(file)) }} || fault)
                end
        ),
        split_rows as (
            select
                {%- for _ in names %}
                place_{{ loop.index }},
                {%- endfor %}
                unnest(row_texts[2:]) as row_text
            from sound_file
        ),
        split_cells as (
            select
                {%- for _ in names %}
                place_{{ loop.index }},
                {%- endfor %}
                string_split(row_text, {{ cell_end }}) as cells
            from split_rows
            where row_text <> ''
        )
        select
            {%- for column in columns %}
            nullif(cells[place_{{ loop.index }}], '') as {{ adapter.quote(column) }}{{ ',' if not loop.last }}
            {%- endfor %}
        from split_cells
    )
{%- endmacro %}

{#- The number of the line after these texts: one more than the line breaks in them, or than given. -#}
{% macro lines_to(texts, first=1) -%}
    cast({{ first }} + len(regexp_extract_all(array_to_string({{ texts }}, ''), '\n')) as varchar)
{%- endmacro %}

{#- The engine shows bytes that are no letters, digits or marks of ASCII as \x and two digits. -#}
{% macro bytes_as_text(bytes) -%}
    array_to_string(list_transform(string_split(cast({{ bytes }} as varchar), '\x'), lambda part, i:
        case when i = 1 then part else chr(cast('0x' || part[1:2] as integer)) || part[3:] end
    ), '')
{%- endmacro %}

{#- 27 of the 32 bytes 80-9F are characters elsewhere; the other five are none, and stay. -#}
{% macro from_windows_1252(text) -%}
    {%- set bytes = '\x80\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8e'
        ~ '\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9e\x9f' -%}
    {%- set characters = '\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d'
        ~ '\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178' -%}
    translate({{ text }}, '{{ bytes }}', '{{ characters }}')
{%- endmacro %}

{% macro stop_on_wrong_reading(columns, encoding) %}
    {%- if execute and target.type != 'duckdb' -%}
        {%- do sosdata.stop('read_semicolon_csv reads files on DuckDB alone. Bring them into the warehouse as tables.') -%}
    {%- elif columns is string or columns is not sequence or not columns -%}
        {%- do sosdata.stop('read_semicolon_csv: columns must be a list of names of the header.') -%}
    {%- elif encoding not in ['windows-1252', 'utf-8'] -%}
        {%- do sosdata.stop("read_semicolon_csv: encoding must be 'windows-1252' or 'utf-8'.") -%}
    {%- endif -%}
{% endmacro %}
