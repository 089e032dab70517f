"""Writes the lists that units work through: a workbook and a CSV file a source system and unit."""

import csv
import datetime
import hashlib
import itertools
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError, FileSizeError

from built_relations import NoBuild, open_built, reason, workplace
from deliver import (
    PROJECT,
    UNFINISHED,
    NotDelivered,
    build_outcome,
    databases,
    delivery_dir,
    make_folder,
    resolved,
    sources,
    stop_on_wrong_place,
    sync,
)
from summary import LANGUAGES

# What the lists are made of; a build that failed a test of something else has them.
RELATIONS = (
    "delivery_periods",
    "list_labels",
    "quality_catalogue",
    "quality_follow_ups",
    "quality_violation_changes",
    "stg_settings__units",
)
# Columns of a list, and how wide they are at least and at most, in characters.
COLUMNS = {
    "text": (60, 60),
    "severity": (8, 14),
    "source_table": (10, 30),
    "row_id": (10, 40),
    "client_id": (10, 40),
    "column_name": (10, 40),
    "observed_value": (10, 50),
    "rows": (8, 12),
    "follow_up_period": (10, 16),
    "rule_id": (8, 20),
    "follows_from": (10, 20),
    "status": (8, 14),
    "first_listed_on": (12, 14),
    "answer": (40, 40),
}
COUNTED = {
    "severity": 14,
    "rule_id": 14,
    "text": 80,
    "rows_listed": 10,
    "new": 12,
    "open": 12,
    "returned": 12,
    "mended": 12,
}
# Of Excel: rows of a sheet, characters of a cell (in UTF-16), and the day before its day 1.
SHEET_ROWS = 1_048_576
CELL_LENGTH = 32_767
DAY_ZERO = "1899-12-30"
ROWS_AT_ONCE = 10_000
NAME_LENGTH = 100
# What stands in a folder of lists as we wrote it: a line with the hash and name of each file.
WRITTEN = ".sosdata-lists"
# What a file system, Windows' included, takes for something else.
NO_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*]')
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])")

SHAPE = f"""
create temp macro shown(cell) as
    regexp_replace(cell, '[\\x00-\\x1f\\x7f-\\x9f\\x{{FFFE}}\\x{{FFFF}}]', chr(65533), 'g');

create temp table words as
select label, 'en' as language, text_en as word from list_labels
union all select label, 'sv', text_sv from list_labels
union all select label, 'fi', text_fi from list_labels;

create temp table lists as
with units as (select distinct source_system, unit from quality_violation_changes)
select
    row_number() over (order by source_system nulls first, unit nulls first) as list_no,
    units.source_system, units.unit, coalesce(languages.language, $language) as language
from units
left join stg_settings__units as languages
    on languages.source_system = units.source_system
    and languages.unit is not distinct from units.unit;

create temp table list_rules as
select rule_id, severity, source_table, fault, mend_in, language,
    case language when 'sv' then text_sv when 'fi' then text_fi else text_en end as text
from quality_catalogue
cross join (select unnest(['en', 'sv', 'fi']) as language);

-- A rule names columns parted by semicolons.
create temp table column_words as
with columns as (
    select distinct column_name, language, generate_subscripts(parts, 1) as place,
        unnest(parts) as part
    from (select column_name, string_split(column_name, ';') as parts
        from quality_violation_changes)
    cross join (select unnest(['en', 'sv', 'fi']) as language)
)
select columns.column_name, columns.language,
    string_agg(coalesce(words.word, columns.part), ', ' order by columns.place) as word
from columns
left join words on words.label = columns.part and words.language = columns.language
group by all;

-- One line a row; where the extract is at fault, one a cause: the client whose error comes first,
-- the code that the map lacks, or the rule. Of several rows the first is shown.
create temp table list_lines as
with follow_ups as (
    select rule_id, source_table, source_system, row_id, client_id, unit,
        min(client_rule_id) as follows_from
    from quality_follow_ups
    where client_rule_id is not null
    group by all
),
listed as (
    select lists.list_no, lists.language, changes.*, rules.text, rules.fault, rules.mend_in,
        follow_ups.follows_from, row_number() over () as row_no
    from quality_violation_changes as changes
    inner join lists
        on lists.source_system is not distinct from changes.source_system
        and lists.unit is not distinct from changes.unit
    inner join list_rules as rules
        on rules.rule_id = changes.rule_id and rules.language = lists.language
    left join follow_ups
        on follow_ups.rule_id = changes.rule_id
        and follow_ups.source_table = changes.source_table
        and follow_ups.source_system is not distinct from changes.source_system
        and follow_ups.row_id is not distinct from changes.row_id
        and follow_ups.client_id is not distinct from changes.client_id
        and follow_ups.unit is not distinct from changes.unit
    where changes.status <> 'mended'
),
causes as (
    select *,
        case
            when fault <> 'extract' then 'row ' || row_no
            when follows_from is not null then 'client ' || coalesce(client_id, '')
            when mend_in = 'code_map' then 'code ' || coalesce(observed_value, '')
            else 'rule'
        end as cause
    from listed
),
lines as (
    select *,
        count(*) over cause as rows,
        case
            when bool_or(status = 'open') over cause then 'open'
            when bool_or(status = 'returned') over cause then 'returned'
            else 'new'
        end as state,
        coalesce(cast(min(first_listed_at) over cause as date), $listed_on) as first_listed_on
    from causes
    window cause as (partition by list_no, rule_id, follow_up_period, cause)
    qualify row_number() over (
        partition by list_no, rule_id, follow_up_period, cause
        order by row_id nulls last, client_id nulls last, observed_value nulls last, row_no
    ) = 1
)
select
    lines.list_no,
    row_number() over (
        partition by lines.list_no
        order by lines.severity = 'warning', lines.follows_from is not null,
            lines.source_table <> 'clients', lines.source_table, lines.rule_id,
            lines.follow_up_period nulls first, lines.row_id nulls first,
            lines.client_id nulls first, lines.observed_value nulls first, lines.row_no
    ) as place,
    shown(lines.text) as text,
    severities.word as severity,
    coalesce(tables.word, lines.source_table) as source_table,
    shown(lines.row_id) as row_id,
    shown(lines.client_id) as client_id,
    column_words.word as column_name,
    shown(lines.observed_value) as observed_value,
    lines.rows,
    lines.follow_up_period,
    lines.rule_id,
    lines.follows_from,
    states.word as status,
    lines.first_listed_on
from lines
inner join words as severities
    on severities.label = lines.severity and severities.language = lines.language
inner join words as states on states.label = lines.state and states.language = lines.language
left join words as tables
    on tables.label = lines.source_table and tables.language = lines.language
inner join column_words
    on column_words.column_name = lines.column_name and column_words.language = lines.language;

create temp table list_counts as
select
    lists.list_no,
    changes.rule_id,
    rules.severity = 'warning' as is_warning,
    rules.source_table,
    severities.word as severity,
    shown(rules.text) as text,
    count(*) filter (changes.status <> 'mended') as rows_listed,
    count(*) filter (changes.status = 'new') as new,
    count(*) filter (changes.status = 'open') as open,
    count(*) filter (changes.status = 'returned') as returned,
    count(*) filter (changes.status = 'mended') as mended
from quality_violation_changes as changes
inner join lists
    on lists.source_system is not distinct from changes.source_system
    and lists.unit is not distinct from changes.unit
inner join list_rules as rules
    on rules.rule_id = changes.rule_id and rules.language = lists.language
inner join words as severities
    on severities.label = rules.severity and severities.language = lists.language
group by all;
"""


class NotListed(Exception):
    """The lists were not written; the text says why."""


def default_language() -> str:
    language = os.environ.get("SOSDATA_LANGUAGE", "en")
    if language not in LANGUAGES:
        raise NotListed("SOSDATA_LANGUAGE is none of en, sv and fi.")
    return language


def write_lists(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    listed_at: datetime.datetime,
    language: str,
) -> None:
    """Writes the files of every list into a folder, and what they are beside them."""
    given = {"language": language, "listed_on": listed_at.date()}
    for statement in SHAPE.split(";\n"):
        wanted = {name: cell for name, cell in given.items() if f"${name}" in statement}
        if statement.strip():
            connection.execute(statement, wanted)
    (extracted_on,) = connection.execute("select max(extracted_on) from delivery_periods").fetchone()
    days = [listed_at.date().isoformat(), str(extracted_on)]
    words = all_words(connection)
    lists = connection.execute(
        "select list_no, source_system, unit, language from lists order by list_no"
    ).fetchall()
    systems = file_names(
        {system: shown_name(system, words[language]["without_system"]) for _, system, _, _ in lists}
    )
    written = []
    for system, of_system in itertools.groupby(lists, key=lambda of: of[1]):
        units = {unit: (list_no, own) for list_no, _, unit, own in of_system}
        named = {u: shown_name(u, words[own]["without_unit"]) for u, (_, own) in units.items()}
        make_folder(folder / systems[system])
        for unit, name in file_names(named).items():
            list_no, own = units[unit]
            titles = [shown_name(system, words[own]["without_system"]), named[unit], *days]
            path = folder / systems[system] / name
            write_list(connection, list_no, words[own], titles, listed_at, path)
            written += [path.with_name(path.name + ending) for ending in (".csv", ".xlsx")]
    write_hashes(folder, written)


def all_words(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The labels by language."""
    words: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for label, language, word in connection.execute("from words").fetchall():
        words[language][label] = word
    return words


def shown_name(name: str | None, without: str) -> str:
    return without if name is None else name


def file_names(names: dict[str | None, str]) -> dict[str | None, str]:
    """A name of a file for each; a number where two would meet on a file system of any kind."""
    taken: set[str] = set()
    chosen = {}
    # What needs no change keeps its name.
    for key in sorted(names, key=lambda key: (file_name(names[key]) != names[key], names[key])):
        base = file_name(names[key])
        numbered = itertools.chain([base], (f"{base}-{number}" for number in itertools.count(2)))
        name = next(name for name in numbered if in_one_form(name) not in taken)
        taken.add(in_one_form(name))
        chosen[key] = name
    return chosen


def file_name(name: str) -> str:
    """Without what a file system does not take, and no longer than all of them take."""
    name = NO_NAME.sub("_", unicodedata.normalize("NFC", name))[:NAME_LENGTH]
    name = name.encode("utf-8", "replace")[: 2 * NAME_LENGTH].decode("utf-8", "ignore")
    name = re.sub(r"^[. ]|[. ]$", "_", name)
    return f"{name}_" if DEVICES.fullmatch(name.split(".")[0].strip().lower()) else name


def in_one_form(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def write_list(
    connection: duckdb.DuckDBPyConnection,
    list_no: int,
    words: dict[str, str],
    titles: list[str],
    listed_at: datetime.datetime,
    path: Path,
) -> None:
    """The workbook and the CSV file of one list, row by row."""
    workbook_path = path.with_name(f"{path.name}.xlsx")
    csv_path = path.with_name(f"{path.name}.csv")
    # Pieces of the workbook lie in the same folder, and go with it.
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    workbook = xlsxwriter.Workbook(str(workbook_path), options)
    workbook.set_properties({"created": listed_at})
    try:
        with csv_path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow([words[column] for column in COLUMNS])
            sheets = ListSheets(workbook, words, widths(connection, list_no))
            for line in listed_lines(connection, list_no):
                sheets.write(line)
                lines.writerow([plain(cell) for cell in line])
            sheets.end()
        counts = connection.execute(
            f"select {', '.join(COUNTED)} from list_counts where list_no = ?"
            " order by is_warning, source_table <> 'clients', source_table, rule_id",
            [list_no],
        ).fetchall()
        write_counts(workbook, words, titles, counts)
    finally:
        close(workbook)
    for file in (csv_path, workbook_path):
        file.chmod(0o600)
        sync(file)


def close(workbook: xlsxwriter.Workbook) -> None:
    """The file is made here; what stopped it is an error of the system."""
    try:
        workbook.close()
    except (FileCreateError, FileSizeError) as error:
        raise OSError(*getattr(error.args[0], "args", (str(error),))) from error


def listed_lines(connection: duckdb.DuckDBPyConnection, list_no: int) -> Iterator[tuple]:
    """The cells of each line, with an empty one for the answer; days are those of Excel."""
    columns = ", ".join(column for column in COLUMNS if column != "answer")
    found = connection.cursor().execute(
        f"select {columns}, null from list_lines where list_no = ? order by place", [list_no]
    )
    while lines := found.fetchmany(ROWS_AT_ONCE):
        yield from lines


def widths(connection: duckdb.DuckDBPyConnection, list_no: int) -> dict[str, int]:
    """Of each column the longest cell, in characters."""
    columns = [column for column in COLUMNS if column != "answer"]
    longest = ", ".join(f"max(length(cast({column} as text)))" for column in columns)
    found = connection.execute(f"select {longest} from list_lines where list_no = ?", [list_no])
    return dict(zip(columns, found.fetchone(), strict=True))


class ListSheets:
    """The lines of a list, in as many sheets as they need."""

    def __init__(
        self, workbook: xlsxwriter.Workbook, words: dict[str, str], longest: dict[str, int | None]
    ) -> None:
        self.workbook, self.words, self.longest = workbook, words, longest
        self.header = header_format(workbook)
        # Text stays text, also when somebody edits the cell.
        self.text = workbook.add_format({"num_format": "@", "valign": "top"})
        self.wrapped = workbook.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        self.number = workbook.add_format({"valign": "top"})
        self.day = workbook.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        self.sheets = 0
        self.begin()

    def begin(self) -> None:
        self.sheets += 1
        number = f" {self.sheets}" if self.sheets > 1 else ""
        self.sheet = self.workbook.add_worksheet(self.words["sheet_list"] + number)
        for place, (column, (least, most)) in enumerate(COLUMNS.items()):
            width = max(least, len(self.words[column]) + 3, (self.longest.get(column) or 0) + 2)
            wraps = column in ("text", "observed_value", "column_name", "answer")
            style = self.wrapped if wraps else self.text
            self.sheet.set_column(place, place, min(width, most), style)
            self.sheet.write_string(0, place, self.words[column], self.header)
        self.row = 0

    def write(self, line: tuple) -> None:
        if self.row == SHEET_ROWS - 1:
            self.end()
            self.begin()
        self.row += 1
        for place, cell in enumerate(line):
            if cell is None:
                continue
            if isinstance(cell, str):
                style = self.wrapped if place in (0, 5, 6) else self.text
                self.sheet.write_string(self.row, place, fitting(cell), style)
            elif isinstance(cell, int):
                self.sheet.write_number(self.row, place, cell, self.number)
            else:
                self.sheet.write_number(self.row, place, (cell - EXCEL_ZERO).days, self.day)

    def end(self) -> None:
        arrange(self.sheet, 0, self.row, len(COLUMNS) - 1)


def write_counts(
    workbook: xlsxwriter.Workbook, words: dict[str, str], titles: list[str], counts: list[tuple]
) -> None:
    """Whose list it is and of when, and of each rule how many rows."""
    sheet = workbook.add_worksheet(words["sheet_counts"])
    text = workbook.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
    number = workbook.add_format({"valign": "top"})
    header = header_format(workbook)
    for place, width in enumerate(COUNTED.values()):
        sheet.set_column(place, place, width)
    system, unit, listed_on, extracted_on = titles
    title = workbook.add_format({"bold": True, "num_format": "@"})
    sheet.write_string(0, 0, fitting(clean(f"{system}: {unit}")), title)
    told = f"{words['listed_on']} {listed_on}. {words['extracted_on']}: {extracted_on}."
    sheet.write_string(1, 0, told, title)
    first = 3
    for place, column in enumerate(COUNTED):
        sheet.write_string(first, place, words[column], header)
    row = first
    for row, line in enumerate(counts, first + 1):
        for place, cell in enumerate(line):
            if isinstance(cell, str):
                sheet.write_string(row, place, fitting(cell), text)
            else:
                sheet.write_number(row, place, cell, number)
    total = workbook.add_format({"bold": True, "top": 1})
    for place, column in enumerate(COUNTED):
        if place < 3:
            sheet.write_string(row + 1, place, words["all"] if not place else "", total)
        else:
            numbers = [line[place] for line in counts]
            sheet.write_number(row + 1, place, sum(numbers), total)
    arrange(sheet, first, row, len(COUNTED) - 1)


def header_format(workbook: xlsxwriter.Workbook) -> xlsxwriter.format.Format:
    return workbook.add_format(
        {"bold": True, "bg_color": "#DDE6F0", "bottom": 1, "valign": "top", "text_wrap": True}
    )


def arrange(
    sheet: xlsxwriter.worksheet.Worksheet, header: int, last: int, columns: int
) -> None:
    """The header stays in sight, can be filtered by, and stands on each printed page."""
    sheet.freeze_panes(header + 1, 0)
    sheet.autofilter(header, 0, max(last, header), columns)
    sheet.repeat_rows(header)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def fitting(cell: str) -> str:
    """Cut where Excel's cells end, which count in UTF-16."""
    if len(cell) * 2 <= CELL_LENGTH:
        return cell
    return cell.encode("utf-16-le", "replace")[: 2 * CELL_LENGTH].decode("utf-16-le", "ignore")


def clean(text: str) -> str:
    return re.sub("[\x00-\x1f\x7f-\x9f\ufffe\uffff]", "\ufffd", text)


def plain(cell: object) -> object:
    """A cell of a CSV file: what a spreadsheet would run has an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
