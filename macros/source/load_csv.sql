{#- DuckDB's own messages quote the line that it could not read, which may hold a personal identity code, and some faults it
    does not see at all: it drops a last row whose quotation mark is never closed. So the file is read twice. First its lines,
    with no meaning given to quotation marks, which cannot fail; then its rows, which must account for each of those lines. -#}
{% macro load_csv(file, path, columns, relation) %}
    {%- if not sosdata.engine_can_read('select 1 as one from ' ~ sosdata.csv_lines(path) ~ ' limit 1') -%}
        {%- do sosdata.stop(file ~ ' may not be read. Give the account of this build the right to read it.') -%}
    {%- endif -%}
    {%- set first_lines = sosdata.csv_first_lines(path) -%}
    {%- set cell_count = sosdata.csv_header_cells(first_lines)['names'] | length -%}
    {%- set lines = sosdata.csv_line_count(file, path, first_lines, cell_count) -%}
    {%- set header = sosdata.csv_header(file, first_lines, columns) -%}
    {%- do sosdata.stop_on_wrong_header(file, header['names'], columns) -%}
    {%- if lines['has_surplus'] -%}
        {%- do sosdata.stop_on_empty_surplus(file, path, cell_count) -%}
    {%- endif -%}

    {%- set strict = sosdata.csv_rows(path, header['names'], columns) -%}
    {%- set kept = sosdata.kept_columns(columns, header['names']) -%}
    {%- set create = 'create or replace table ' ~ relation ~ ' as select ' ~ kept ~ ' from ' -%}
    {%- set ns = namespace(fits=sosdata.engine_can(create ~ strict), strict=strict) -%}
    {%- if header['line_count'] > 1 -%}
        {#- The engine takes the first line end for all of them, also where it stands inside a name. -#}
        {%- for line_end in ['\\n', '\\r\\n'] -%}
            {%- if not ns.fits or lines['line_count'] > header['line_count'] and not sosdata.row_count(relation) -%}
                {%- do sosdata.forget_rejects() -%}
                {%- set ns.strict = sosdata.csv_rows(path, header['names'], columns, line_end) -%}
                {%- set ns.fits = sosdata.engine_can(create ~ ns.strict) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set fault = sosdata.csv_fault(path, header, lines['line_count'], columns, relation, ns.fits, ns.strict) -%}
    {%- do sosdata.forget_rejects() -%}
    {%- if fault -%}
        {%- do run_query('drop table if exists ' ~ relation) -%}
        {%- do sosdata.stop(file ~ ' cannot be read: ' ~ fault ~ '. Mend the extract and build again.') -%}
    {%- endif -%}
{% endmacro %}

{#- The lines of a file. Each kind of line end counts once; with every_end, CR LF counts twice (and is one empty line more).
    In parallel, this reader loses rows (DuckDB 2.0.0). -#}
{% macro csv_lines(path, every_end=false) %}
    {{ return(
        "read_csv(" ~ path ~ ", auto_detect = false, columns = {'line': 'varchar'}, header = false, skip = 0, "
        ~ "delim = '\U0010FFFF', quote = '', escape = '', comment = '', strict_mode = false, "
        ~ ("new_line = '\\n', " if every_end else "")
        ~ sosdata.csv_limits() ~ ", rejects_limit = 1)"
    ) }}
{% endmacro %}

{% macro csv_column_names(header, columns) %}
    {%- set names = [] -%}
    {%- for name in header -%}
        {%- do names.append(name if name in columns + sosdata.optional_columns() else 'not_read_' ~ loop.index) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}

{% macro csv_rows(path, header, columns, line_end=none) %}
    {%- set names = sosdata.csv_column_names(header, columns) | join("': 'varchar', '") -%}
    {{ return(
        "read_csv(" ~ path ~ ", auto_detect = false, columns = {'" ~ names ~ "': 'varchar'}, header = true, skip = 0, "
        ~ "delim = ',', quote = '\"', escape = '\"', comment = '', "
        ~ ("new_line = '" ~ line_end ~ "', " if line_end else "")
        ~ sosdata.csv_limits() ~ ", rejects_limit = 5)"
    ) }}
{% endmacro %}

{% macro csv_limits() %}
    {{ return(
        "hive_partitioning = false, parallel = false, max_line_size = 20000000, buffer_size = 32000000, "
        ~ "store_rejects = true, rejects_table = 'unreadable_lines', rejects_scan = 'unreadable_files', "
        ~ "rejects_line_size_limit = 1"
    ) }}
{% endmacro %}

{#- The tables in which DuckDB keeps what it could not read. -#}
{% macro forget_rejects() %}
    {%- do run_query('drop table if exists unreadable_lines') -%}
    {%- do run_query('drop table if exists unreadable_files') -%}
{% endmacro %}

{#- Enough lines to find the header; blank ones are none. -#}
{% macro csv_first_lines(path) %}
    {%- do sosdata.forget_rejects() -%}
    {%- set lines = [] -%}
    {%- for row in run_query('select left(line, 100000) as line from ' ~ sosdata.csv_lines(path) ~ ' limit 50').rows -%}
        {%- do lines.append(row['line']) -%}
    {%- endfor -%}
    {{ return(lines) }}
{% endmacro %}

{#- How many lines are not blank, and whether one of them ends in an empty cell too many. Raises where one is no text. -#}
{% macro csv_line_count(file, path, first_lines, cell_count) %}
    {%- do sosdata.forget_rejects() -%}
    {%- set found = run_query(
        'select count(line) as line_count, count(*) filter (contains(line, chr(0))) as with_nul, count(*) filter ('
        ~ sosdata.csv_has_empty_surplus(cell_count) ~ ') as with_surplus from ' ~ sosdata.csv_lines(path, every_end=true)
    ).rows[0] -%}
    {%- set unread = run_query('select cast(error_type as varchar) as reason from unreadable_lines') -%}
    {%- set place = sosdata.csv_first_place(path) if found['with_nul'] or unread | length else none -%}
    {%- do sosdata.forget_rejects() -%}
    {%- if found['with_nul'] and place == 1 and (unread | length or first_lines[0].count('\x00') > 2) -%}
        {%- do sosdata.stop(file ~ ' is not UTF-8 but UTF-16, or no text at all. Write the extract again in UTF-8.') -%}
    {%- elif unread | length and unread.rows[0]['reason'] == 'LINE SIZE OVER MAXIMUM' -%}
        {%- do sosdata.stop(
            file ~ ' cannot be read: line ' ~ place ~ ' has more than 20 million characters. Mend the extract and build again.'
        ) -%}
    {%- elif unread | length -%}
        {%- do sosdata.stop(file ~ ' is not UTF-8 (line ' ~ place ~ '). Write the extract again in UTF-8.') -%}
    {%- elif found['with_nul'] -%}
        {%- do sosdata.stop(
            file ~ ' cannot be read: line ' ~ place ~ ' holds a NUL, which is no character of a text. '
            ~ 'Mend the extract and build again.'
        ) -%}
    {%- elif not found['line_count'] -%}
        {%- do sosdata.stop(file ~ ' is empty. A table without rows is a file with its header only.') -%}
    {%- endif -%}
    {{ return({'line_count': found['line_count'] | int, 'has_surplus': found['with_surplus'] > 0}) }}
{% endmacro %}

{#- The number of the first line that is no text, as an editor counts. -#}
{% macro csv_first_place(path) %}
    {%- do sosdata.forget_rejects() -%}
    {%- set with_nul = run_query(
        'select min(line_number) as place from (select row_number() over () as line_number, line from '
        ~ sosdata.csv_lines(path) ~ ') where contains(line, chr(0))'
    ).rows[0]['place'] -%}
    {%- set unread = run_query('select min(line) as place from unreadable_lines').rows[0]['place'] -%}
    {%- set places = [with_nul, unread] | reject('none') | list -%}
    {{ return((places | min) | int if places else none) }}
{% endmacro %}

{#- Whether a line ends in an empty cell that the header has not; commas between quotation marks part no cells. A line
    in which a quotation mark is open is not judged. -#}
{% macro csv_has_empty_surplus(cell_count) %}
    {%- set bare = "(case when contains(line, '\"') then regexp_replace(line, '\"[^\"]*\"', '', 'g') else line end)" -%}
    {{ return(
        "line like '%,' and (length(line) - length(replace(line, '\"', ''))) % 2 = 0 and length(" ~ bare ~ ") - length(replace(" ~ bare ~ ", ',', '')) >= " ~ cell_count
    ) }}
{% endmacro %}

{#- The engine lets an empty cell too many pass at the end of a row, and what stands before it may have moved. -#}
{% macro stop_on_empty_surplus(file, path, cell_count) %}
    {%- do sosdata.forget_rejects() -%}
    {%- set place = run_query(
        'select min(line_number) as place from (select row_number() over () as line_number, line from '
        ~ sosdata.csv_lines(path) ~ ') where ' ~ sosdata.csv_has_empty_surplus(cell_count)
    ).rows[0]['place'] -%}
    {%- do sosdata.forget_rejects() -%}
    {%- do sosdata.stop(
        file ~ ' cannot be read: line ' ~ place ~ ' has more cells than the header. Mend the extract and build again.'
    ) -%}
{% endmacro %}

{#- The cells of the first row and how many lines it takes; its last cell may be open. -#}
{% macro csv_header_cells(lines) %}
    {%- set ns = namespace(text=lines[0] or '', line_count=1) -%}
    {%- for line in lines[1:] if ns.text.count('"') % 2 == 1 -%}
        {%- set ns.text = ns.text ~ '\n' ~ (line or '') -%}
        {%- set ns.line_count = ns.line_count + (1 if line else 0) -%}
    {%- endfor -%}
    {%- set names = [] -%}
    {%- for cell in modules.re.findall('(?:^|,)("(?:[^"]|"")*"|[^,]*)', ns.text) -%}
        {%- do names.append(cell[1:-1].replace('""', '"') if cell.startswith('"') and cell | length > 1 else cell) -%}
    {%- endfor -%}
    {{ return({'names': names, 'line_count': ns.line_count, 'is_open': ns.text.count('"') % 2 == 1}) }}
{% endmacro %}

{#- The names of the header and how many lines it takes. Raises where the first line is none. -#}
{% macro csv_header(file, lines, columns) %}
    {%- set header = sosdata.csv_header_cells(lines) -%}
    {%- if sosdata.known_names(header['names'], columns) < 2 -%}
        {%- do sosdata.stop_on_other_first_line(file, lines, columns) -%}
    {%- elif header['is_open'] -%}
        {%- do sosdata.stop(
            file ~ ' cannot be read: its header has a quotation mark that is never closed. Mend the extract and build again.'
        ) -%}
    {%- endif -%}
    {{ return(header) }}
{% endmacro %}

{% macro known_names(names, columns) %}
    {%- set known = [] -%}
    {%- for name in names if sosdata.plain_name(name) in columns -%}
        {%- do known.append(name) -%}
    {%- endfor -%}
    {{ return(known | unique | list | length) }}
{% endmacro %}

{#- Looks for the header behind other lines and between other marks. -#}
{% macro stop_on_other_first_line(file, lines, columns) %}
    {%- set marks = {',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'vertical bars'} -%}
    {%- for line in lines if line -%}
        {%- set line_number = lines.index(line) + 1 -%}
        {%- for mark, called in marks.items() if sosdata.known_names(line.split(mark), columns) > 1 -%}
            {%- set told = [] -%}
            {%- if mark != ',' -%}
                {%- do told.append(
                    file ~ ' is parted by ' ~ called ~ '. Write the extract again with commas between the cells.'
                ) -%}
            {%- endif -%}
            {%- if line_number > 1 -%}
                {%- do told.append(
                    'The header of ' ~ file ~ ' is not its first line but line ' ~ line_number
                    ~ '. Delete what stands before it.'
                ) -%}
            {%- endif -%}
            {%- if not told -%}
                {%- do told.append(
                    file ~ ' holds each row in one cell. Write the extract again without quotation marks around its lines.'
                ) -%}
            {%- endif -%}
            {%- do sosdata.stop(told | join(' ')) -%}
        {%- endfor -%}
        {%- if sosdata.known_names(line.split(), columns) > 1 -%}
            {%- do sosdata.stop(
                file ~ ' has blanks between its cells (columns of a fixed width). '
                ~ 'Write the extract again with commas between them.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do sosdata.stop(
        file ~ ' has no column ' ~ columns[0] ~ ' and hardly any other: its first line must be the header, '
        ~ 'with the names of the columns and commas between them.'
    ) -%}
{% endmacro %}

{#- What is wrong with the rows that were read, or nothing. -#}
{% macro csv_fault(path, header, line_count, columns, relation, fits, rows) %}
    {%- if not fits -%}
        {{ return(sosdata.csv_line_end_fault(path)) }}
    {%- endif -%}
    {%- set reasons = {
        'MISSING COLUMNS': 'fewer cells than the header',
        'TOO MANY COLUMNS': 'more cells than the header',
        'UNQUOTED VALUE': 'a quotation mark that is not doubled inside a cell, or is never closed',
        'LINE SIZE OVER MAXIMUM': 'more than 20 million characters in its cells',
    } -%}
    {%- set unreadable = run_query(
        'select line, min(cast(error_type as varchar)) as reason from unreadable_lines group by line order by line'
    ) -%}
    {%- if unreadable | length -%}
        {%- set places = [] -%}
        {%- set numbers = sosdata.csv_numbers_of_rows(path, unreadable.columns['line'].values()) -%}
        {%- for row in unreadable.rows -%}
            {%- do places.append(
                'line ' ~ numbers[loop.index0] ~ ' has ' ~ reasons.get(row['reason'], 'a form that cannot be read')
            ) -%}
        {%- endfor -%}
        {{ return(places | join('; ')) }}
    {%- endif -%}
    {#- Where each line is one row, no cell holds a line break. -#}
    {%- if sosdata.row_count(relation) + header['line_count'] == line_count -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(sosdata.csv_line_break_fault(path, header, line_count, columns, rows)) }}
{% endmacro %}

{% macro row_count(relation) %}
    {{ return(run_query('select count(*) from ' ~ relation).columns[0].values()[0] | int) }}
{% endmacro %}

{#- The reader counts rows and blank lines: their numbers as an editor counts lines. -#}
{% macro csv_numbers_of_rows(path, rows) %}
    {%- set found = run_query("
        with
        lines as (
            select row_number() over () as line_number, length(line) - length(replace(line, '\"', '')) as quotes
            from " ~ sosdata.csv_lines(path) ~ "
        ),
        running as (
            select
                line_number,
                sum(coalesce(quotes, 0)) over (rows between unbounded preceding and current row) - coalesce(quotes, 0) as before
            from lines
        ),
        row_starts as (
            select line_number, row_number() over () as row_number from running where before % 2 = 0
        )
        select line_number from row_starts where row_number in (" ~ rows | map('int') | join(', ') ~ ") order by line_number
    ").columns[0].values() -%}
    {{ return(found | map('int') | list if found | length == rows | length else rows | map('int') | list) }}
{% endmacro %}

{#- The number of the nth line that is not blank. -#}
{% macro csv_number_of_line(path, nth) %}
    {%- set found = run_query(
        'select line_number from (select row_number() over () as line_number, line from ' ~ sosdata.csv_lines(path)
        ~ ') where line is not null limit 1 offset ' ~ (nth - 1)
    ) -%}
    {{ return(found.columns[0].values()[0] | int if found | length else nth) }}
{% endmacro %}

{#- Cells with line breaks: each row must take the lines that its breaks say, or a quotation mark is open; and a cell that is
    not ours must not hold what looks like a row. Blank lines in a cell are none. -#}
{% macro csv_line_break_fault(path, header, line_count, columns, rows) %}
    {%- set names = sosdata.csv_column_names(header['names'], columns) -%}
    {%- set others = [] -%}
    {%- for name in names -%}
        {%- if name.startswith('not_read_') -%}
            {%- do others.append(loop.index) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set comma_count = header['names'] | length - 1 -%}
    {%- set looks_like_row -%}
        lambda line: length(line) - length(replace(line, ',', '')) = {{ comma_count }}
    {%- endset -%}
    {#- Splitting is dear: cells without a break are left alone. -#}
    {%- set cells = [] -%}
    {%- for name in names -%}
        {%- do cells.append(
            "case when contains(" ~ name ~ ", chr(10)) or contains(" ~ name ~ ", chr(13)) then string_split_regex("
            ~ name ~ ", '[\\r\\n]+') else [''] end"
        ) -%}
    {%- endfor -%}
    {%- set rows_with_lines -%}
        (
            select *, {% for _ in names %}len(cells[{{ loop.index }}]) + {% endfor %}{{ 1 - names | length }} as line_count
            from (select [{{ cells | join(', ') }}] as cells from {{ rows }})
        )
    {%- endset -%}
    {%- set swallows -%}
        false{% for i in others %} or len(list_filter(cells[{{ i }}], {{ looks_like_row }})) > 0{% endfor %}
    {%- endset -%}
    {%- set found = run_query(
        'select coalesce(sum(line_count), 0) as line_count, count(*) filter (' ~ swallows ~ ') as swallowing from '
        ~ rows_with_lines
    ).rows[0] -%}
    {%- set seen = header['line_count'] + found['line_count'] | int -%}
    {%- if seen != line_count -%}
        {{ return(
            'line ' ~ sosdata.csv_number_of_line(path, seen + 1) ~ ' has a quotation mark that is never closed, '
            ~ 'or cells that do not fit the header'
        ) }}
    {%- elif not found['swallowing'] -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set place = run_query("
        with
        rows_with_place as (
            select
                cells,
                " ~ swallows ~ " as swallows,
                sum(line_count) over (rows between unbounded preceding and current row) - line_count as lines_before
            from " ~ rows_with_lines ~ "
        ),
        first_row as (select lines_before, cells from rows_with_place where swallows limit 1),
        cells_of_row as (
            select lines_before, unnest(cells) as lines, generate_subscripts(cells, 1) as cell_number from first_row
        ),
        lines_of_row as (
            select
                lines_before,
                cell_number,
                len(lines) as line_count,
                unnest(lines) as line,
                generate_subscripts(lines, 1) as line_number
            from cells_of_row
        ),
        places as (
            select
                *,
                lines_before + 1 + row_number() over (order by cell_number, line_number) - cell_number as place
            from lines_of_row
        )
        select min(place) as place
        from places
        where cell_number in (" ~ others | join(', ') ~ ") and line_count > 1
        and length(line) - length(replace(line, ',', '')) = " ~ comma_count
    ).columns[0].values()[0] -%}
    {{ return(
        'line ' ~ sosdata.csv_number_of_line(path, header['line_count'] + place | int)
        ~ ' looks like a row but stands between the quotation marks of a cell that began before it; '
        ~ 'double the quotation marks inside cells'
    ) }}
{% endmacro %}

{#- Where a line end is not like the first one, outside quotation marks. Holds the file in one cell, so without a line where
    there is no room for it. -#}
{% macro csv_line_end_fault(path) %}
    {%- set general = 'it has line ends of several kinds, or a carriage return in a cell without quotation marks' -%}
    {%- if not sosdata.engine_can("
        create or replace temp table line_end_fault as
        with
        parts as (
            select unnest(parts) as part, generate_subscripts(parts, 1) as part_number
            from (select string_split(decode(content), '\"') as parts from read_blob(" ~ path ~ "))
        ),
        counted as (
            select
                part,
                part_number,
                regexp_extract(part, '\\r+\\n|\\r|\\n') as first_end,
                sum(len(regexp_extract_all(part, '\\r*\\n|\\r'))) over (
                    order by part_number rows between unbounded preceding and 1 preceding
                ) as lines_before
            from parts
        ),
        outside as (
            select *, first_value(nullif(first_end, '') ignore nulls) over (order by part_number) as usual
            from counted
            where part_number % 2 = 1
        ),
        fitting as (
            select
                *,
                case usual
                    when chr(10) then regexp_extract(part, '^[^\\r]*')
                    when chr(13) then regexp_extract(part, '^[^\\n]*')
                    when chr(13) || chr(10) then regexp_extract(part, '^(?:[^\\r\\n]|\\r\\n)*')
                    else regexp_extract(part, '^[^\\r\\n]*')
                end as prefix
            from outside
        )
        select
            coalesce(lines_before, 0) + len(regexp_extract_all(prefix, '\\r*\\n|\\r')) + 1 as line_number,
            regexp_extract(substr(part, length(prefix) + 1), '^\\r*\\n?') as found,
            usual
        from fitting
        where length(prefix) < length(part)
        order by part_number
        limit 1
    ") -%}
        {{ return(general) }}
    {%- endif -%}
    {%- set faults = run_query('
        select
            line_number,
            found = chr(13) || chr(10) and usual = chr(10) as is_windows,
            found = chr(10) and usual = chr(13) || chr(10) as is_not_windows
        from line_end_fault
    ') -%}
    {%- do run_query('drop table line_end_fault') -%}
    {%- if not faults | length -%}
        {{ return(general) }}
    {%- endif -%}
    {%- set fault = faults.rows[0] -%}
    {{ return(
        'line ' ~ fault['line_number'] ~ (
            ' ends in the Windows way (CR LF) and others do not' if fault['is_windows']
            else ' does not end in the Windows way (CR LF) and others do' if fault['is_not_windows']
            else ' holds a carriage return that is no line end like the others'
        )
    ) }}
{% endmacro %}
