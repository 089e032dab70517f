"""Writes the lists that units work through: a workbook and a CSV file a source system and unit."""

import argparse
import csv
import datetime
import gc
import hashlib
import itertools
import math
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from built_relations import NoBuild, NoRelation, open_built, parse, reason, sync, workplace
from deliver import (
    PROJECT,
    UNFINISHED,
    NotDelivered,
    build_outcome,
    databases,
    delivery_dir,
    make_folder,
    record_path,
    resolved,
    sources,
    stop_on_wrong_place,
)
from record import NotRecorded, Record, open_record
from summary import LANGUAGES

NO_VIOLATIONS = (
    "the last run of dbt stopped before it made the list of violations, or made something else:"
    " mend what it complained of and build again."
)
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
    "severity": (9, 14),
    "source_table": (10, 24),
    "row_id": (10, 30),
    "client_id": (10, 30),
    "column_name": (10, 26),
    "observed_value": (10, 36),
    "rows": (10, 14),
    "follow_up_period": (10, 14),
    "rule_id": (9, 14),
    "follows_from": (10, 14),
    "status": (9, 12),
    "first_listed_on": (12, 14),
    "answer": (36, 36),
}
# Of a row of the record, after the time of the list and the day of the extract.
RECORDED = (
    "rule_id",
    "severity",
    "source_table",
    "source_system",
    "row_id",
    "client_id",
    "follow_up_period",
    "column_name",
    "observed_value",
    "unit",
)
# Columns of the counts, and how wide they are.
COUNTED = {
    "severity": 14,
    "rule_id": 14,
    "text": 90,
    "rows_listed": 12,
    "new": 12,
    "open": 12,
    "returned": 12,
    "mended": 12,
}
# Of Excel: rows of a sheet, characters of a cell (in UTF-16), points of a row, and its day 0.
SHEET_ROWS = 1_048_576
CELL_LENGTH = 32_767
HIGHEST = 405
DAY_ZERO = datetime.date(1899, 12, 30)
ROWS_AT_ONCE = 10_000
# Of a list: a workbook is written sooner from memory, but a cell takes 100 bytes of it.
LINES_IN_MEMORY = 200_000
NAME_LENGTH = 100
# What stands in a folder of lists as we wrote it: a line with the hash and name of each file.
WRITTEN = ".sosdata-lists"
# What a file system, Windows' included, takes for something else.
NO_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\ufffd]')
# Windows takes these for devices, whatever follows their first dot.
DEVICES = re.compile(
    r"^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])(?= *(\.|$))",
    re.IGNORECASE,
)

# Whose tables are lists, list_lines and list_counts.
SHAPE = Path(__file__).with_suffix(".sql")


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
    connection.execute(f"set variable language = '{language}'")
    connection.execute(f"set variable listed_on = date '{listed_at.date()}'")
    connection.execute(SHAPE.read_text("utf-8"))
    make_folder(folder)
    extracted_on = extract_day(connection)
    words = all_words(connection)
    lists = connection.execute(
        "select list_no, system_no, language, folder_name, system_name, unit_name"
        " from lists order by list_no"
    ).fetchall()
    systems = file_names({system_no: name for _, system_no, _, name, _, _ in lists})
    for system_no, of_system in itertools.groupby(lists, key=lambda of: of[1]):
        units = list(of_system)
        place = folder / systems[system_no]
        make_folder(place)
        names = file_names({list_no: unit for list_no, _, _, _, _, unit in units})
        for list_no, _, own, _, system, unit in units:
            label = words[own]
            dated = f"{label['listed_on']} {listed_at.date()}."
            titles = [f"{system}: {unit}", f"{dated} {label['extracted_on']}: {extracted_on}."]
            with collector_paused():
                write_list(connection, list_no, label, titles, listed_at, place / names[list_no])
        sync(place)
    (folder / WRITTEN).write_text("".join(f"{line}\n" for line in hashes(folder)), "utf-8")
    (folder / WRITTEN).chmod(0o600)
    sync(folder / WRITTEN)
    sync(folder)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Cells live until their workbook is written: looking for dead ones takes a fifth of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def extract_day(connection: duckdb.DuckDBPyConnection) -> datetime.date:
    return connection.execute("select max(extracted_on) from delivery_periods").fetchone()[0]


def all_words(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The labels by language."""
    words: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for label, language, word in connection.execute("from words").fetchall():
        words[language][label] = word
    return words


def file_names(names: dict[int, str]) -> dict[int, str]:
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
    return DEVICES.sub(r"\1_", name)


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
    longest, is_large = longest_cells(connection, list_no)
    # Pieces of the workbook lie in the same folder, and go with it.
    options = {"constant_memory": is_large, "tmpdir": str(path.parent)}
    workbook = xlsxwriter.Workbook(str(workbook_path), options)
    workbook.set_properties({"created": listed_at})
    header = [words[f"header_{column}"] for column in COLUMNS]
    wide = [
        min(max(len(word) + 3, cell + 2, least), most)
        for word, cell, (least, most) in zip(header, longest, COLUMNS.values(), strict=True)
    ]
    with csv_path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(header)
        both = written_to(lines, listed_lines(connection, list_no))
        write_table(workbook, words["sheet_list"], header, wide, both)
    counts = connection.execute(
        f"select {', '.join(COUNTED)} from list_counts where list_no = ?"
        " order by is_warning, source_table <> 'clients', source_table, rule_id",
        [list_no],
    ).fetchall()
    header = [words[f"header_{column}"] for column in COUNTED]
    sums = [sum(line[place] for line in counts) for place in range(3, len(COUNTED))]
    told = ", ".join(f"{word} {number}" for word, number in zip(header[3:], sums, strict=True))
    wide = list(COUNTED.values())
    write_table(workbook, words["sheet_counts"], header, wide, counts, [*titles, told, ""])
    try:
        workbook.close()
    except FileCreateError as error:
        raise error.args[0] from error
    for file in (csv_path, workbook_path):
        file.chmod(0o600)
        sync(file)


def listed_lines(connection: duckdb.DuckDBPyConnection, list_no: int) -> Iterator[tuple]:
    """The cells of each line, with an empty one for the answer."""
    columns = ", ".join(column for column in COLUMNS if column != "answer")
    found = connection.execute(
        f"select {columns}, null from list_lines where list_no = ? order by place", [list_no]
    )
    while lines := found.fetchmany(ROWS_AT_ONCE):
        yield from lines


def longest_cells(connection: duckdb.DuckDBPyConnection, list_no: int) -> tuple[list[int], bool]:
    """Of each column the characters of the longest cell, and whether memory may not hold them."""
    longest = ", ".join(
        f"coalesce(max(length(cast({column} as text))), 0)" if column != "answer" else "0"
        for column in COLUMNS
    )
    found = connection.execute(
        f"select {longest}, count(*) > {LINES_IN_MEMORY} from list_lines where list_no = ?",
        [list_no],
    ).fetchone()
    return list(found[:-1]), found[-1]


def written_to(file: "csv.Writer", lines: Iterable[tuple]) -> Iterator[tuple]:
    """The lines as they go by; what a spreadsheet would run has an apostrophe before it."""
    for line in lines:
        file.writerow(
            f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
            for cell in line
        )
        yield line


def write_table(
    workbook: xlsxwriter.Workbook,
    name: str,
    header: list[str],
    wide: list[int],
    lines: Iterable[tuple],
    titles: Sequence[str] = (),
) -> None:
    """A table in as many sheets as it needs, each with its header."""
    # Text stays text, also when somebody edits the cell.
    text = workbook.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
    number = workbook.add_format({"align": "center", "valign": "top"})
    day = workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"})
    bold = workbook.add_format({"bold": True, "num_format": "@"})
    head = workbook.add_format(
        {"bold": True, "bg_color": "#DDE6F0", "bottom": 1, "valign": "top", "text_wrap": True}
    )
    lines = iter(lines)
    line = next(lines, None)
    for sheet_no in itertools.count(1):
        sheet = workbook.add_worksheet(name if sheet_no == 1 else f"{name} {sheet_no}")
        for place, width in enumerate(wide):
            sheet.set_column(place, place, width, text)
        for row, title in enumerate(titles):
            sheet.write_string(row, 0, fitting(title), bold)
        row = len(titles)
        sheet.set_row(row, height(header, wide))
        for place, word in enumerate(header):
            sheet.write_string(row, place, word, head)
        arrange(sheet, row)
        while line is not None and row < SHEET_ROWS - 1:
            row += 1
            sheet.set_row(row, height(line, wide))
            for place, cell in enumerate(line):
                if isinstance(cell, str):
                    sheet.write_string(row, place, fitting(cell), text)
                elif isinstance(cell, int):
                    sheet.write_number(row, place, cell, number)
                elif cell is not None:
                    sheet.write_number(row, place, (cell - DAY_ZERO).days, day)
            line = next(lines, None)
        sheet.autofilter(len(titles), 0, row, len(header) - 1)
        if line is None:
            return


def height(line: Sequence, wide: list[int]) -> int:
    """Of a row whose cells wrap, in points: spreadsheets do not all find it themselves."""
    most = 1.0
    for cell, width in zip(line, wide, strict=True):
        if isinstance(cell, str):
            most = max(most, 1.1 * len(cell) / width)
    return min(15 * math.ceil(most), HIGHEST)


def arrange(sheet: xlsxwriter.worksheet.Worksheet, header: int) -> None:
    """The header stays in sight and stands on each printed page; pages are as wide as the table."""
    sheet.freeze_panes(header + 1, 0)
    sheet.repeat_rows(header)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def fitting(cell: str) -> str:
    """Cut where Excel's cells end. What the library takes for its own XML gets a space."""
    if cell.startswith("<r>") and cut(cell, CELL_LENGTH).endswith("</r>"):
        return cut(cell, CELL_LENGTH - 1) + " "
    return cut(cell, CELL_LENGTH)


def cut(text: str, length: int) -> str:
    """The first characters, as many as are so long in UTF-16."""
    if len(text) * 2 <= length:
        return text
    return text.encode("utf-16-le", "replace")[: 2 * length].decode("utf-16-le", "ignore")


def hashes(folder: Path) -> list[str]:
    """A line for each file of a folder of lists, and for what is no file of ours."""
    lines = []
    for place in sorted(folder.rglob("*")):
        name = place.relative_to(folder)
        if place.is_symlink() or not (place.is_file() or place.is_dir()):
            lines.append(f"not ours  {name}")
        elif place.is_file() and place != folder / WRITTEN:
            lines.append(f"{hashlib.sha256(place.read_bytes()).hexdigest()}  {name}")
    return lines


def stop_on_answers(folder: Path) -> None:
    """A list of the same day is replaced only as we wrote it: a unit's answer is not ours."""
    if not folder.exists() and not folder.is_symlink():
        return
    if folder.is_symlink() or not folder.is_dir():
        raise NotListed(f"{folder} is no folder: move it away and run this again.")
    ours = folder / WRITTEN
    written = ours.read_text("utf-8").splitlines() if ours.is_file() else []
    changed = set(hashes(folder)) - set(written)
    if changed:
        raise NotListed(
            f"{folder} holds files that were added or changed since they were written"
            f" ({len(changed)}): move the folder elsewhere and run this again."
        )


def put_in_place(finished: Path, folder: Path) -> None:
    """The lists of a day replace earlier ones of that day, whole."""
    stop_on_answers(folder)
    with suppress(FileNotFoundError):
        folder.rename(finished.with_name(f"replaced-{finished.name}"))
    finished.rename(folder)
    sync(folder.parent)


def record_lists(
    connection: duckdb.DuckDBPyConnection, record: Record, listed_at: datetime.datetime
) -> None:
    """What is listed goes into the record; a list without rows is a row without a rule."""
    begun = (listed_at, extract_day(connection))
    found = connection.execute(
        f"select {', '.join(RECORDED)} from quality_violation_changes where status <> 'mended'"
        " order by all"
    )
    rows = iter(lambda: found.fetchmany(ROWS_AT_ONCE), [])
    first = next(rows, [(None,) * len(RECORDED)])
    columns = ("listed_at", "extracted_on", *RECORDED)
    listed = itertools.chain(first, itertools.chain.from_iterable(rows))
    record.append("listed_violations", columns, ((*begun, *row) for row in listed))
    record.commit()


def make_lists(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    record: Record,
    listed_at: datetime.datetime,
) -> Path:
    """Writes and records the lists of the build; returns the day's folder. Raises NotListed."""
    language = default_language()
    outcome = build_outcome(connection)
    if not outcome["has_violations"]:
        raise NotListed(NO_VIOLATIONS)
    folder = resolved(target) / "lists" / listed_at.date().isoformat()
    try:
        stop_on_wrong_place(resolved(target), sources(outcome), databases(connection))
        stop_on_answers(folder)
        make_folder(folder.parent)
        with workplace(folder.parent, UNFINISHED) as place:
            write_lists(connection, place / folder.name, listed_at, language)
            stop_on_answers(folder)
            # Before the files are in place: what is in a list is recorded, also after a crash.
            record_lists(connection, record, listed_at)
            put_in_place(place / folder.name, folder)
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise NotListed(
            f"the lists could not be written to {folder} ({reason(error)}, and run this again)."
        ) from error
    except duckdb.Error as error:
        raise NotListed(
            f"the relations of the last build cannot be read ({type(error).__name__}): build again"
            " with this version of the project."
        ) from error
    return folder


def main(arguments: Sequence[str] = ()) -> int:
    """Exit code 0 where lists were written, 1 where a sentence says why not."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    os.umask(0o077)
    listed_at = datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
    try:
        os.chdir(PROJECT)
        manifest = parse()
        with open_built([], manifest, RELATIONS) as (connection, _):
            is_demo = build_outcome(connection)["is_demo"]
            target = delivery_dir(is_demo)
            with open_record(manifest, record_path(is_demo), to_write=True) as record:
                folder = make_lists(connection, target, record, listed_at)
            show(connection, folder)
    except NoRelation:
        # A first build that stopped has left none; lists do not ask for one that passed.
        print(f"Nothing was listed: {NO_VIOLATIONS}", file=sys.stderr)
        return 1
    except (NotListed, NotDelivered, NotRecorded, NoBuild) as stopped:
        print(f"Nothing was listed: {stopped}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Nothing was listed: {PROJECT}: {reason(error)}.", file=sys.stderr)
        return 1
    return 0


def show(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Counts only."""
    (lists,) = connection.execute("select count(*) from lists").fetchone()
    new, still_open, returned, mended = connection.execute(
        "select count(*) filter (status = 'new'), count(*) filter (status = 'open'),"
        " count(*) filter (status = 'returned'), count(*) filter (status = 'mended')"
        " from quality_violation_changes"
    ).fetchone()
    print(
        f"{lists} lists in {folder}: {new:,} rows are new since the list before, {still_open:,}"
        f" still open, {returned:,} back again, {mended:,} mended."
    )


if __name__ == "__main__":
    # A path may hold what the screen cannot show.
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))
