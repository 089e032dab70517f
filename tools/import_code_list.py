"""Replace one code seed with a list downloaded from the national code server (K4).

What the files look like and what happens to the rows is told in docs/code_lists.md. Python reads
and writes the files, import_code_list.sql does the rest. Nothing is written unless all is right.
"""

import argparse
import csv
import io
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import duckdb
from pydantic import BaseModel, ValidationError

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


# A page of the REST interface, from the inside out.
class Attribute(BaseModel, coerce_numbers_to_str=True):
    attributeName: str | None = None
    attributeValue: list[str | None] | None = None
    language: str | None = None


class Concept(BaseModel, coerce_numbers_to_str=True):
    conceptCodeId: str | None
    classificationId: str | None = None
    status: str | None = None
    beginDate: str | None = None
    expirationDate: str | None = None
    attributes: list[Attribute] | None = None


class Page(BaseModel):
    conceptCodes: list[Concept]
    totalItems: int | None = None


def read_text(path: Path) -> str:
    """The text of a file as code servers and spreadsheets save it."""
    content = path.read_bytes()
    is_utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ["utf-16"] if is_utf_16 else ["utf-8-sig", "cp1252"]:
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding).lstrip("\r\n ")
            if not text.strip():
                raise BadInput("is empty: download it again")
            if not re.search(r"[\0-\x08]", text):
                return text
    raise BadInput("is not text: open it in a spreadsheet and save it as CSV UTF-8")


def read_json(text: str) -> list[dict]:
    """The codes of a page, or of a list of codes, by heading (LongName|sv)."""
    try:
        page = Page.model_validate_json(text if text[0] == "{" else f'{{"conceptCodes":{text}}}')
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5]]
        raise BadInput(
            f"is not the code server's JSON in {error.error_count()} places: download it again, "
            f"or see docs/code_lists.md ({'; '.join(faults)})"
        ) from None
    codes = []
    for concept in page.conceptCodes:
        code: dict[str, str | None] = {"totalItems": str(page.totalItems or 0)}
        codes.append(code)
        if (concept.status or "ACTIVE").upper() != "ACTIVE":
            continue
        code |= concept.model_dump(exclude={"attributes", "status"})
        for attribute in concept.attributes or []:
            language = (attribute.language or "")[:2].lower()
            if language in ("", "fi", "sv"):
                heading = f"{attribute.attributeName}|{language}"
                code.setdefault(heading, next(filter(None, attribute.attributeValue or []), None))
    return codes


def delimiter_of(text: str) -> str:
    """What stands between the values of the first line."""
    return max(",;\t", key=text.split("\n", 1)[0].count)


def read_csv(text: str) -> list[dict]:
    """The rows of CSV by heading. By Python, since DuckDB loses rows after a quote left open."""
    lines = io.StringIO(text, newline="")
    reader = csv.DictReader(lines, delimiter=delimiter_of(text), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        line = reader.reader.line_num
        raise BadInput(f"is not CSV in line {line} ({error}): save it again") from None
    if len(reader.fieldnames or ()) == 1:
        raise BadInput("has one column only: save it with commas or semicolons between the values")
    if long := [str(line) for line, row in rows if None in row]:
        raise BadInput(
            f"has more values than its header in line {', '.join(long)}: "
            "put quotes around values that hold a separator"
        )
    return [row for _, row in rows if any(value and value.strip() for value in row.values())]


def read_file(path: Path) -> list[dict]:
    """The codes of a file by heading."""
    try:
        text = read_text(path)
        return read_json(text) if text[0] in "{[" else read_csv(text)
    except (BadInput, OSError) as error:
        reason = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else error
        raise BadInput(f"{path.name} {reason}") from None


def read_files(paths: list[Path]) -> list[dict[str, str | int]]:
    """Each value of the files. Raises BadInput for all that cannot be read."""
    codes, faults = [], []
    for path in paths:
        try:
            codes += [(path.name, code) for code in read_file(path)]
        except BadInput as error:
            faults.append(str(error))
    if faults:
        raise BadInput("; ".join(faults))
    return [
        {
            "file": file,
            "place": place,
            "label": re.sub(r"[^\w|]|_", "", unicodedata.normalize("NFC", label)).lower(),
            "cell": " ".join((value or "").split()),
        }
        for place, (file, code) in enumerate(codes)
        for label, value in code.items()
    ]


def read_settings(texts: list[str]) -> list[dict[str, str]]:
    """The parts of CODE.column=value, no code where it has another form; the last counts."""
    settings = {}
    for text in texts:
        key, equals, cell = text.partition("=")
        code, _, column = key.rpartition(".") if equals else ("", "", key)
        settings[key] = {"setting": text, "code": code, "column_name": column, "cell": cell}
    return list(settings.values())


def compare(options: argparse.Namespace) -> duckdb.DuckDBPyConnection:
    """A database in which the SQL has brought files and seeds together. Raises BadInput."""
    con = duckdb.connect(config={"threads": 1})
    for name, value in {
        "classification": options.classification,
        "as_of": options.as_of,
        "source": ", ".join(path.name for path in options.files),
        "seed_path": str(options.seeds / SEED_FILES[options.classification]),
        "register_path": str(options.seeds / "classifications.csv"),
        "labels_path": str(SQL.with_name("import_code_list_labels.csv")),
        "given": read_files(options.files),
        "settings": read_settings(options.set),
    }.items():
        con.execute(f"set variable {name} = ?", [value])
    try:
        con.execute(SQL.read_text(encoding="utf-8"))
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise BadInput(f"classifications.csv or the seed is not as needed: {reason}") from None
    if problems := con.execute("from problems").fetchall():
        raise BadInput("; ".join(sentence for (sentence,) in problems))
    return con


def rewrite(path: Path, classification: str, new: dict[str, str]) -> tuple[bytes, int]:
    """The code map with new codes for old, otherwise byte for byte; and in how many rows."""
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    end = delimiter_of(text)
    rows: list[list[str]] = [[]]
    for cell, after in re.findall(rf'("(?:[^"]|"")*"|[^{end}\r\n]*)({end}|\r\n|\r|\n|\Z)', text):
        rows[-1] += [cell, after]
        if after != end:
            rows.append([])
    names = [trimmed(name) for name in rows[0]]
    if not {"classification", "national_code"} <= set(names):
        raise BadInput(f"{path} has no columns classification and national_code")
    kind, target = names.index("classification"), names.index("national_code")
    count = 0
    for row in rows[1:]:
        if len(row) > max(kind, target) and trimmed(row[kind]) == classification:
            old = trimmed(row[target])
            row[target] = row[target].replace(old, new.get(old, old))
            count += old in new
    return "".join(part for row in rows for part in row).encode("utf-8", "surrogateescape"), count


def trimmed(cell: str) -> str:
    """A cell as the build reads it: without quotation marks and white space around it."""
    return cell.strip().strip('"').strip().lstrip("\ufeff")


def csv_bytes(rows: Iterable[Sequence]) -> bytes:
    """A seed as bytes."""
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows(rows)
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
    notes = [sentence for _, sentence in con.execute("from notes order by all").fetchall()]
    seed = [cells for (cells,) in con.execute("from new_seed").fetchall()]
    register = con.execute("from register")
    lists = [[name for name, *_ in register.description], *register.fetchall()]
    contents = {
        options.seeds / SEED_FILES[options.classification]: csv_bytes(seed),
        options.seeds / "classifications.csv": csv_bytes(lists),
    }
    code_map = options.code_map or options.seeds.resolve().parent / "settings" / "code_map.csv"
    if code_map.is_file():
        new = con.execute("select old_code, new_code from new_codes where heirs = 1").fetchall()
        content, count = rewrite(code_map, options.classification, dict(new))
        if options.rewrite_code_map:
            contents[code_map] = content
            notes.append(f"{code_map.name}: {count} rows rewritten")
        elif count:
            notes.append(
                f"{code_map.name}: {count} rows point at provisional codes that were replaced: "
                "change them, or put the old seeds back and add --rewrite-code-map"
            )
    elif options.code_map or options.rewrite_code_map:
        raise BadInput(f"the code map {code_map} is not there: say where with --code-map")
    write_files(contents)
    return notes


def where(seeds: Path) -> str:
    """Where each list is to be had, from classifications.csv."""
    lines = ["The lists are found at the national code server (Kanta) by name, OID or key:"]
    for row in read_file(seeds / "classifications.csv"):
        key = row.get("code_server_key")
        lines.append(
            f"  {row.get('classification')}: {row.get('name')}, OID {row.get('oid')}, key {key}"
        )
        if key in VERSIONS:
            lines.append(f"    {PAGE}?classificationKey={key}&versionKey={VERSIONS[key]}")
    return "\n".join([*lines, "Take all pages of the newest version (docs/code_lists.md)."])


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """What stands on the command line."""
    parser = argparse.ArgumentParser(
        description="Replace a code seed with a list downloaded from the national code server.",
        epilog=where(SEEDS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add, own = parser.add_argument, "CODE.column=value"
    add("classification", choices=SEED_FILES, nargs="?")
    add("files", metavar="file", type=Path, nargs="*", help="JSON or CSV; one a page")
    add("--where", action="store_true", help="say where the lists are to be had")
    add("--set", metavar=own, action="append", default=[], help="e.g. 25.is_delivered=true")
    add("--as-of", default=date.today().isoformat(), help="day of the list, YYYY-MM-DD")
    add("--seeds", type=Path, default=SEEDS, help="folder of the code seeds")
    add("--code-map", type=Path, help="code map (default: settings/code_map.csv beside the seeds)")
    add("--rewrite-code-map", action="store_true", help="let its rows follow the replaced codes")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Runs the import and reports; the exit code is 1 where nothing was changed."""
    try:
        options = arguments(argv)
        if options.where or not options.files:
            print(where(options.seeds))
            return int(not options.where)
        print("\n".join(run(options)))
        return 0
    except BadInput as error:
        print(f"Nothing was changed: {error}.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
