"""Replace one code seed with a list downloaded from the national code server (K4).

The file is JSON of the code server's REST interface, or CSV with code, names and validity: what it
looks like and what happens to the rows is told in docs/code_lists.md. Python reads and writes the
files, import_code_list.sql does the rest. Nothing is written unless everything is right.
"""

import argparse
import codecs
import csv
import io
import re
import sys
from collections import Counter
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated

import duckdb
from pydantic import BaseModel, BeforeValidator, TypeAdapter, ValidationError
from pydantic_core import from_json

SQL = Path(__file__).resolve().with_suffix(".sql")
SEEDS = SQL.parent.parent / "seeds" / "codes"
SEED_FILES = {
    "municipality": "codes_municipalities.csv",
    "sex": "codes_sexes.csv",
    "service_task": "codes_service_tasks.csv",
    "social_service": "codes_social_services.csv",
    "decision_type": "codes_decision_types.csv",
    "organiser": "codes_organisers.csv",
}
# The pages that the register's manual points at, by code_server_key and version; no others known.
PAGE = "https://koodistopalvelu.kanta.fi/codeserver/pages/classification-view-page.xhtml"
VERSIONS = {"362": 440, "237": 312, "704": 2563, "703": 2683, "1249": 1449, "421": 501}


class BadInput(Exception):
    """What is wrong, in words for the person who runs the import."""


class Attribute(BaseModel, coerce_numbers_to_str=True):
    """A name, or something else, of a code."""

    attributeName: str | None = None
    attributeValue: Annotated[
        list[str | None], BeforeValidator(lambda v: v if isinstance(v, list) else [v])
    ] = []
    language: str | None = None


class Concept(BaseModel, coerce_numbers_to_str=True):
    """A code as the REST interface gives it."""

    conceptCodeId: str | None
    classificationId: str | None = None
    status: str | None = None
    beginDate: str | None = None
    expirationDate: str | None = None
    attributes: list[Attribute] | None = None


class Page(BaseModel):
    """A page of the REST interface."""

    conceptCodes: list[Concept]
    totalItems: int | None = None


PAGES = TypeAdapter(list[Page])


def read_text(path: Path) -> str:
    """The text of a file as code servers and spreadsheets save it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"the file {path} cannot be read: {error.strerror}") from None
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ["utf-16"] if is_utf_16 else ["utf-8-sig", "cp1252"]:
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if not text.strip():
                raise BadInput(f"{path.name} is empty: download it again")
            if not re.search(r"[\0-\x08]", text):
                return text.lstrip("\r\n ")
    raise BadInput(f"{path.name} is not text: open it in a spreadsheet and save it as CSV UTF-8")


def read_json(text: str, name: str) -> str:
    """The pages of a page, of a list of pages or of a list of codes, as JSON of one shape."""
    try:
        document = from_json(text)
    except ValueError:
        raise BadInput(f"{name} begins like JSON but is not whole: download it again") from None
    pages = [
        part if isinstance(part, dict) and "conceptCodes" in part else {"conceptCodes": [part]}
        for part in (document if isinstance(document, list) else [document])
    ]
    try:
        return PAGES.dump_json(PAGES.validate_python(pages)).decode()
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise BadInput(
            f"{name} has not the shape of the code server's JSON in {len(faults)} places, "
            f"see docs/code_lists.md ({'; '.join(faults[:5])})"
        ) from None


def delimiter_of(text: str) -> str:
    """What stands between the values of the first line."""
    return max(",;\t", key=text.split("\n", 1)[0].count)


def read_csv(text: str, name: str) -> list[tuple[int, list[str]]]:
    """(line, values) of each row. By Python, since DuckDB loses rows after a quote left open."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    try:
        rows = [(reader.line_num, [value.strip() for value in row]) for row in reader]
    except csv.Error as error:
        raise BadInput(
            f"{name} is not valid CSV in line {reader.line_num} ({error}): save it again"
        ) from None
    (_, header), *others = [(line, row) for line, row in rows if any(row)]
    return [(0, header), *others]


def read_files(con: duckdb.DuckDBPyConnection, paths: list[Path]) -> None:
    """Puts the files into tables for the SQL. Raises BadInput for all that cannot be read."""
    con.execute("create table files (file int, name text)")
    con.execute("create table csv_rows (file int, row int, cells text[])")
    con.execute("create table documents (file int, document json)")
    faults = []
    for file, path in enumerate(paths):
        con.execute("insert into files values (?, ?)", [file, path.name])
        try:
            text = read_text(path)
            if text[0] in "{[":
                con.execute(
                    "insert into documents values (?, ?)", [file, read_json(text, path.name)]
                )
            else:
                lines, cells = zip(*read_csv(text, path.name), strict=True)
                con.execute(
                    "insert into csv_rows select ?, unnest(?), unnest(cast(? as text[][]))",
                    [file, list(lines), list(cells)],
                )
        except BadInput as error:
            faults.append(str(error))
    if faults:
        raise BadInput("; ".join(faults))


def compare(options: argparse.Namespace) -> duckdb.DuckDBPyConnection:
    """A database in which the SQL has brought files and seeds together. Raises BadInput."""
    seed_path = options.seeds / SEED_FILES[options.classification]
    register_path = options.seeds / "classifications.csv"
    if not seed_path.is_file() or not register_path.is_file():
        raise BadInput(f"{options.seeds} has no classifications.csv or no {seed_path.name}")
    con = duckdb.connect(config={"threads": 1})
    read_files(con, options.files)
    for name, value in {
        "classification": options.classification,
        "as_of": options.as_of,
        "source": ", ".join(path.name for path in options.files),
        "seed_path": str(seed_path),
        "register_path": str(register_path),
        "labels_path": str(SQL.with_name("import_code_list_labels.csv")),
    }.items():
        con.execute(f"set variable {name} = ?", [value])
    for table, texts in (("settings", options.settings), ("replaced", options.replaced)):
        con.execute(
            f"create table {table} as select unnest(range(len($1))) as position, "
            "unnest(cast($1 as text[])) as text",
            [texts],
        )
    try:
        con.execute(SQL.read_text(encoding="utf-8"))
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise BadInput(
            f"classifications.csv or {seed_path.name} is not as the import needs it: {reason}"
        ) from None
    if problems := con.execute("select text from shown_problems").fetchall():
        raise BadInput("; ".join(text for (text,) in problems))
    return con


def rewrite(code_map: Path, classification: str, new: dict[str, str]) -> tuple[bytes, Counter]:
    """The code map with new codes for old, otherwise byte for byte; how many rows of each old."""
    text = code_map.read_bytes().decode("utf-8", "surrogateescape")
    delimiter = delimiter_of(text)
    cell = rf'("(?:[^"]|"")*"|[^{delimiter}\r\n]*)({delimiter}|\r\n|\r|\n|\Z)'
    rows: list[list[list[str]]] = [[]]
    for value, end in re.findall(cell, text):
        rows[-1].append([value, end])
        if end != delimiter:
            rows.append([])
    names = [value.strip('\ufeff"') for value, _ in rows[0]]
    if not {"classification", "national_code"} <= set(names):
        raise BadInput(f"{code_map} has no columns classification and national_code")
    kind, target = names.index("classification"), names.index("national_code")
    counts = Counter()
    for row in rows[1:]:
        if len(row) > max(kind, target) and row[kind][0].strip('"') == classification:
            old = row[target][0].strip('"')
            if old in new:
                row[target][0] = row[target][0].replace(old, new[old])
                counts[old] += 1
    changed = "".join(value + end for row in rows for value, end in row)
    return changed.encode("utf-8", "surrogateescape"), counts


def mend_the_map(
    options: argparse.Namespace, new: dict[str, str]
) -> tuple[dict[Path, bytes], list[str]]:
    """What to write of the code map, and what to tell of it and of the seeds beside it."""
    path = options.code_map or options.seeds.resolve().parent / "settings" / "code_map.csv"
    if not path.is_file():
        if options.code_map or options.rewrite_code_map:
            raise BadInput(f"the code map {path} is not there: say where with --code-map")
        return {}, []
    content, counts = rewrite(path, options.classification, new)
    notes = []
    told = ", ".join(f"{old} to {new[old]} in {count}" for old, count in counts.items())
    if options.rewrite_code_map:
        notes.append(f"{path.name}: {counts.total()} rows rewritten" + (told and f" ({told})"))
    elif counts:
        again = " ".join(f"--replaced {old}={new[old]}" for old in counts)
        notes.append(
            f"{path.name}: {counts.total()} rows point at provisional codes that were replaced "
            f"({told}): to rewrite them, run this again with --rewrite-code-map {again}"
        )
    for other in sorted(set(path.parent.glob("*.csv")) - {path}):
        rows = csv.reader(io.StringIO(other.read_text(encoding="utf-8", errors="replace")))
        if count := sum(not new.keys().isdisjoint(row) for row in rows):
            notes.append(f"{other.name}: {count} rows hold replaced codes: change them by hand")
    return ({path: content} if options.rewrite_code_map and counts else {}), notes


def csv_bytes(columns: list[str], rows: list[list[str]]) -> bytes:
    """A seed as bytes."""
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows([columns, *rows])
    return file.getvalue().encode()


def write_files(contents: dict[Path, bytes]) -> None:
    """Writes all files beside their places first, then renames; not *.csv, which dbt would seed."""
    beside = {path: path.with_name(path.name + ".new") for path in contents}
    try:
        for path, content in contents.items():
            beside[path].write_bytes(content)
        for path in contents:
            beside[path].replace(path)
    except OSError as error:
        for path in beside.values():
            with suppress(OSError):
                path.unlink()
        raise BadInput(f"the seeds cannot be written: {error}") from None


def run(options: argparse.Namespace) -> list[str]:
    """Does the import; returns the lines of the report. Raises BadInput."""
    con = compare(options)
    map_content, map_notes = mend_the_map(
        options, dict(con.execute("from new_codes order by all").fetchall())
    )
    seed = con.execute(
        "select list(value order by column_index) from cells where part < 4 "
        "group by part, place order by part, place"
    ).fetchall()
    columns = [name for name, *_ in con.execute("describe seed").fetchall() if name != "place"]
    register = con.execute("from new_register")
    register_columns = [name for name, *_ in register.description]
    file = SEED_FILES[options.classification]
    write_files(
        {
            options.seeds / file: csv_bytes(columns, [row for (row,) in seed]),
            options.seeds / "classifications.csv": csv_bytes(register_columns, register.fetchall()),
            **map_content,
        }
    )
    notes = con.execute("select text from notes order by part, place").fetchall()
    return [f"{file}: {notes[0][0]}", *(text for (text,) in notes[1:]), *map_notes]


def where(seeds: Path) -> str:
    """Where each list is to be had, from classifications.csv."""
    lines = ["The lists are found at the national code server (Kanta) by name, OID or key:"]
    try:
        with (seeds / "classifications.csv").open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                key = row["code_server_key"]
                lines.append(
                    f"  {row['classification']}: {row['name']}, OID {row['oid']}, key {key}"
                )
                if key in VERSIONS:
                    lines.append(f"    {PAGE}?classificationKey={key}&versionKey={VERSIONS[key]}")
    except (OSError, KeyError, UnicodeDecodeError):
        raise BadInput(f"{seeds} has no classifications.csv with name, oid and key") from None
    return "\n".join([*lines, "Take all pages of the newest version (docs/code_lists.md)."])


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """What stands on the command line."""
    parser = argparse.ArgumentParser(
        description="Replace a code seed with a list downloaded from the national code server.",
        epilog=where(SEEDS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("classification", choices=SEED_FILES, nargs="?")
    add("files", metavar="file", type=Path, nargs="*", help="JSON or CSV; one a page")
    add("--where", action="store_true", help="say where the lists are to be had")
    add(
        "--set",
        dest="settings",
        metavar="CODE.column=value",
        action="append",
        default=[],
        help="an own column, e.g. 25.is_delivered=true",
    )
    add("--as-of", default=date.today().isoformat(), help="day of the list, YYYY-MM-DD")
    add("--seeds", type=Path, default=SEEDS, help="folder of the code seeds")
    add("--code-map", type=Path, help="code map (default: settings/code_map.csv beside the seeds)")
    add("--rewrite-code-map", action="store_true", help="let its rows follow the replaced codes")
    add("--replaced", metavar="OLD=NEW", action="append", default=[], help="by an earlier import")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Runs the import and reports; the exit code is 1 where nothing was changed."""
    try:
        options = arguments(argv)
        if options.where or not options.files:
            print(where(options.seeds))
            if options.where:
                return 0
            raise BadInput("no file was given")
        try:
            options.as_of = date.fromisoformat(options.as_of).isoformat()
        except ValueError:
            raise BadInput(f"--as-of {options.as_of} is not a date such as 2024-01-31") from None
        print("\n".join(run(options)))
        return 0
    except BadInput as error:
        print(f"Nothing was changed: {error}.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
