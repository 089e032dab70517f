"""Replace one code seed with a list downloaded from the national code server (K4).

    python scripts/import_code_list.py <classification> <file> [<file> ...]

The file is JSON of the code server's REST interface, or CSV with code, names and validity. The
server gives at most 500 codes a page: several pages are several files. The whole list must be
there, since the import marks it complete in classifications.csv.

What happens to the rows of the seed:
- Code, names, validity and status (`national`) come from the file. What the file leaves out (a
  language, the validity columns) stays as it was.
- The project's own columns, which are all others, are kept by code. A new code takes them over from
  the provisional row with the same Finnish or Swedish name, and that provisional row goes.
- What else the file lacks: provisional rows and codes that have ended stay, other codes go. All are
  named in the output.
- A class that needs an own column which nobody can know (is it delivered?) stops the import until
  the value is given: --set CODE.is_delivered=true

Nothing is written unless everything is right. A bad file ends with one sentence and exit code 1.
"""

import argparse
import csv
import io
import json
import re
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SEEDS = Path(__file__).resolve().parent.parent / "seeds" / "codes"

SEED_FILES = {
    "municipality": "codes_municipalities.csv",
    "sex": "codes_sexes.csv",
    "service_task": "codes_service_tasks.csv",
    "social_service": "codes_social_services.csv",
    "decision_type": "codes_decision_types.csv",
    "organiser": "codes_organisers.csv",
}
COLUMNS_OF_THE_LIST = {"code", "name_sv", "name_fi", "status", "valid_from", "valid_to"}
BOOLEAN = ("true", "false")
MEANINGS = ("positive", "negative", "partly_positive")
REQUIRED = {
    "service_task": {"is_delivered": BOOLEAN, "is_child_protection": BOOLEAN},
    "decision_type": {"meaning": MEANINGS},
}

# How the code server and its exports name things, in lower case without signs and spaces.
CODE_LABELS = ("code", "codeid", "conceptcodeid", "koodi", "tunniste")
FROM_LABELS = ("validfrom", "begindate", "startdate", "voimassaoloalkaa")
TO_LABELS = ("validto", "expirationdate", "enddate", "voimassaolopäättyy")
# Names, the fullest form first; the empty one is a column that is only called by its language.
NAME_LABELS = (
    *("longname", "pitkänimi", "name", "nimi", "namn", ""),
    *("shortname", "lyhytnimi", "abbreviation", "lyhenne"),
)
LANGUAGES = {
    "fi": ("fi", "suomi", "suomeksi", "suomenkielinen", "finnish", "finska"),
    "sv": ("sv", "ruotsi", "ruotsiksi", "ruotsinkielinen", "swedish", "svenska"),
    "en": ("en", "englanti", "englanniksi", "englanninkielinen", "english", "engelska"),
}
HELSINKI = ZoneInfo("Europe/Helsinki")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadInput(Exception):
    """What is wrong, in one sentence for the person who runs the import."""


# Reading a downloaded file. An entry is what the file says of one code: `code`, and of name_fi,
# name_sv, valid_from and valid_to those that the file tells.


def squeeze(label):
    """A label in lower case, without spaces, underscores and punctuation."""
    return re.sub(r"[\W_]+", "", label).casefold()


def split_language(label):
    """('longname', 'sv') of 'LongName_sv', 'LongNameSv' and 'LongName (sv)'; or no language."""
    words = re.findall(r"[^\W_]+", re.sub(r"(?<=[a-zåäö])(?=[A-Z])", " ", label))
    words = [word.casefold() for word in words]
    for language, names in LANGUAGES.items():
        if any(word in names for word in words):
            return "".join(word for word in words if word not in names), language
    return "".join(words), None


def find_names(fields):
    """{'name_fi': ..., 'name_sv': ...} of (label, language, value) fields, in the fullest form."""
    best = {}
    for label, given_language, value in fields:
        kind, language = split_language(label)
        if not value or kind not in NAME_LABELS or not (kind or language):
            continue
        language = str(given_language or language or "fi").casefold()[:2]
        found = (NAME_LABELS.index(kind), " ".join(value.split()))
        if language in ("fi", "sv"):
            column = "name_" + language
            best[column] = min(best.get(column, found), found)
    return {column: name for column, (_, name) in best.items()}


def iso_date(value, code):
    """YYYY-MM-DD of a date, a timestamp or epoch milliseconds; '' of nothing. A moment with a time
    zone is its day in Finland."""
    text = "" if value is None else str(value).strip()
    try:
        if not text:
            return ""
        if re.fullmatch(r"\d{8}", text):
            return date.fromisoformat(text).isoformat()
        if type(value) is int or re.fullmatch(r"-?\d{9,}", text):
            moment = EPOCH + timedelta(milliseconds=int(value))
            return moment.astimezone(HELSINKI).date().isoformat()
        if found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text):
            day, month, year = map(int, found.groups())
            return date(year, month, day).isoformat()
        if not re.match(r"\d{4}-\d\d-\d\d", text):
            raise ValueError
        moment = datetime.fromisoformat(text)
        if moment.tzinfo:
            moment = moment.astimezone(HELSINKI)
        return moment.date().isoformat()
    except (ValueError, OverflowError):
        raise BadInput(f"the date “{text}” of code {code} is not a date") from None


def read_json(text, oid):
    """(entries, pages) of one page of the REST interface, or of a JSON list of pages or codes."""
    try:
        document = json.loads(text)
    except ValueError:
        raise BadInput("the file begins like JSON but is not valid JSON") from None
    parts = document if isinstance(document, list) else [document]
    entries, pages = [], []
    for part in parts:
        if not isinstance(part, dict):
            raise BadInput("the JSON is not a list of codes (conceptCodes) of the code server")
        if "conceptCodes" in part:
            pages.append(part)
        concepts = part.get("conceptCodes", [part])
        if not isinstance(concepts, list) or not all(isinstance(c, dict) for c in concepts):
            raise BadInput("conceptCodes of the JSON is not a list of codes")
        entries += [json_entry(concept, oid) for concept in concepts]
    return entries, pages


def json_entry(concept, oid):
    """The entry of one concept code, or None where it is a proposal or has been deleted."""
    if "conceptCodeId" not in concept:
        raise BadInput("the JSON has no code (conceptCodeId)")
    code = "" if concept["conceptCodeId"] is None else str(concept["conceptCodeId"]).strip()
    list_id = str(concept.get("classificationId") or "")
    if list_id.startswith("1.2.246.") and not (list_id + ".").startswith(oid + "."):
        raise BadInput(f"the file holds the list {list_id}, but {oid} was asked for")
    if str(concept.get("status") or "ACTIVE").upper() != "ACTIVE":
        return None
    return {
        "code": code,
        **find_names(json_attributes(concept)),
        "valid_from": iso_date(concept.get("beginDate"), code),
        "valid_to": iso_date(concept.get("expirationDate"), code),
    }


def json_attributes(concept):
    """(name, language or None, first value) of each attribute of a concept code."""
    attributes = concept.get("attributes") or []
    if not isinstance(attributes, list) or not all(isinstance(a, dict) for a in attributes):
        raise BadInput(f"the attributes of code {concept['conceptCodeId']} are not a list")
    for attribute in attributes:
        values = attribute.get("attributeValue")
        values = values if isinstance(values, list) else [values]
        value = next((str(v) for v in values if v not in (None, "")), "")
        yield str(attribute.get("attributeName")), attribute.get("language"), value


def read_csv(text):
    """Entries of a CSV file with a header row and comma or semicolon between the values."""
    header = text.lstrip().split("\n", 1)[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    try:
        reader = csv.reader(
            io.StringIO(text.lstrip(), newline=""), delimiter=delimiter, strict=True
        )
        labels = next(reader, [])
        rows = [row for row in reader if any(value.strip() for value in row)]
    except csv.Error as error:
        raise BadInput(f"the file is not valid CSV ({error})") from None

    def place(candidates):
        """Where the first of these labels stands, or None."""
        squeezed = [squeeze(label) for label in labels]
        return next((squeezed.index(c) for c in candidates if c in squeezed), None)

    code_at, from_at, to_at = place(CODE_LABELS), place(FROM_LABELS), place(TO_LABELS)
    if code_at is None:
        raise BadInput(
            "the file is neither JSON of the code server nor CSV with a column for the code "
            "(code, CodeId, conceptCodeId, koodi or tunniste)"
        )
    entries = []
    for row in rows:
        if len(row) > len(labels):
            raise BadInput(f"the CSV row of code {row[code_at]} has more values than the header")
        row = [value.strip() for value in row] + [""] * (len(labels) - len(row))
        entry = {"code": row[code_at]}
        entry |= find_names((label, None, value) for label, value in zip(labels, row, strict=True))
        if from_at is not None:
            entry["valid_from"] = iso_date(row[from_at], row[code_at])
        if to_at is not None:
            entry["valid_to"] = iso_date(row[to_at], row[code_at])
        entries.append(entry)
    return entries


def decode(content):
    """Text of a file: UTF-8 with or without a byte order mark, else Latin-1 as in older exports."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def read_list(paths, oid):
    """All entries of the files. Checked: no page is missing, codes are there and stand once."""
    entries, pages = [], []
    for path in paths:
        try:
            text = decode(path.read_bytes())
        except OSError as error:
            raise BadInput(f"the file {path} cannot be read: {error.strerror}") from None
        if text.lstrip()[:1] in ("{", "["):
            new, new_pages = read_json(text, oid)
            entries, pages = entries + new, pages + new_pages
        else:
            entries += read_csv(text)
    totals = [page.get("totalItems") for page in pages]
    total = max((number for number in totals if isinstance(number, int)), default=0)
    if len(entries) < total:
        raise BadInput(
            f"the file holds {len(entries)} of the {total} codes of the list: "
            "download all pages and give their files together"
        )
    entries = [entry for entry in entries if entry]
    if not entries:
        raise BadInput("the file holds no codes")
    seen = set()
    for entry in entries:
        if not entry["code"]:
            raise BadInput("a row of the file has an empty code")
        if entry["code"] in seen:
            raise BadInput(f"code {entry['code']} stands more than once in the file")
        seen.add(entry["code"])
    return entries


# Bringing the list together with the seed.


def fold(name):
    """A name for comparison: case and runs of spaces do not matter."""
    return " ".join(name.split()).casefold()


def find_provisional(entry, old_rows):
    """The provisional row with the same Finnish, else Swedish, name; None where there is none."""
    for column in ("name_fi", "name_sv"):
        for row in old_rows:
            same = fold(entry.get(column, "")) == fold(row[column]) != ""
            if row["status"] == "provisional" and same:
                return row
    return None


def merge(entries, old_rows, columns, as_of):
    """(rows of the new seed, what a reader should know). Rows of the file first, in its order."""
    by_code = {row["code"]: row for row in old_rows}
    rows, notes, taken = [], [], set()
    for entry in entries:
        old = by_code.get(entry["code"])
        if old is None and (old := find_provisional(entry, old_rows)):
            taken.add(old["code"])
            notes.append(f"{entry['code']} takes the place of the provisional {old['code']}")
        row = {column: (old or {}).get(column, "") for column in columns}
        row.update(entry, status="national")
        if not row["name_fi"] and not row["name_sv"]:
            raise BadInput(f"code {entry['code']} has neither a Finnish nor a Swedish name")
        rows.append(row)

    listed = {entry["code"] for entry in entries}
    left = [row for row in old_rows if row["code"] not in listed | taken]
    provisional = [row for row in left if row["status"] == "provisional"]
    ended = [row for row in left if row not in provisional and "" < row["valid_to"] < as_of]
    gone = [row for row in left if row not in provisional and row not in ended]
    for group, fate in (
        (provisional, "provisional codes without a match in the file stay"),
        (ended, "ended codes that the file lacks stay"),
        (gone, "other codes that the file lacks are gone"),
    ):
        if group:
            notes.append(f"{fate}: " + ", ".join(row["code"] for row in group))
    return rows + provisional + ended, notes


def apply_settings(rows, settings, classification, columns):
    """Put the values of --set CODE.column=value in their places."""
    by_code = {row["code"]: row for row in rows}
    for setting in settings:
        target, equals, value = setting.partition("=")
        code, dot, column = target.rpartition(".")
        if not (equals and dot and code and column):
            raise BadInput(f"--set {setting} is not of the form CODE.column=value")
        if code not in by_code:
            raise BadInput(f"--set {setting} names code {code}, which is not in the list")
        if column not in columns or column in COLUMNS_OF_THE_LIST:
            raise BadInput(f"--set {setting}: {column} is not one of the project's own columns")
        allowed = REQUIRED.get(classification, {}).get(column)
        if allowed and value not in allowed:
            raise BadInput(f"--set {setting}: the value must be one of {', '.join(allowed)}")
        by_code[code][column] = value


def require_own_columns(rows, classification):
    """Stop where a class lacks a value that only a person can know."""
    for column, allowed in REQUIRED.get(classification, {}).items():
        for row in rows:
            if row[column] not in allowed:
                name = row["name_fi"] or row["name_sv"]
                raise BadInput(
                    f"{column} of the new code {row['code']} ({name}) is not known: "
                    f"give it with --set {row['code']}.{column}=… ({', '.join(allowed)})"
                )


# Reading and writing the seeds.


def read_seed(path):
    """(columns, rows) of a seed."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return reader.fieldnames, list(reader)


def write_seeds(seeds):
    """Write {path: (columns, rows)}: all of them beside their places first, then rename."""
    try:
        for path, (columns, rows) in seeds.items():
            with beside(path).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
        for path in seeds:
            beside(path).replace(path)
    except OSError as error:
        for path in seeds:
            with suppress(OSError):
                beside(path).unlink()
        raise BadInput(f"the seeds cannot be written: {error}") from None


def beside(path):
    """Where the new version of a seed waits; not *.csv, so that dbt never takes it for a seed."""
    return path.with_name(path.name + ".new")


def run(classification, paths, seeds, as_of, settings):
    """Do the import; return the lines of the report."""
    register_path, seed_path = seeds / "classifications.csv", seeds / SEED_FILES[classification]
    if not register_path.is_file() or not seed_path.is_file():
        raise BadInput(f"{seeds} has no classifications.csv or no {seed_path.name}")
    register_columns, register = read_seed(register_path)
    columns, old_rows = read_seed(seed_path)
    entry = next((row for row in register if row["classification"] == classification), None)
    if entry is None:
        raise BadInput(f"classifications.csv has no row for {classification}")

    entries = read_list(paths, entry["oid"])
    rows, notes = merge(entries, old_rows, columns, as_of)
    apply_settings(rows, settings, classification, columns)
    require_own_columns(rows, classification)
    entry.update(source=", ".join(path.name for path in paths), as_of=as_of, is_complete="true")
    write_seeds({seed_path: (columns, rows), register_path: (register_columns, register)})
    first = f"{seed_path.name}: {len(entries)} national codes imported, complete as of {as_of}"
    return [first, *notes]


def arguments(argv):
    """What stands on the command line."""
    parser = argparse.ArgumentParser(
        description="Replace a code seed with a list downloaded from the national code server.",
    )
    parser.add_argument("classification", choices=SEED_FILES)
    parser.add_argument(
        "files", metavar="file", type=Path, nargs="+", help="JSON or CSV; one a page"
    )
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="CODE.column=value",
        action="append",
        default=[],
        help="a value of one of the project's own columns, e.g. 25.is_delivered=true",
    )
    parser.add_argument(
        "--as-of", default=date.today().isoformat(), help="day of the list, YYYY-MM-DD"
    )
    parser.add_argument("--seeds", type=Path, default=SEEDS, help="folder of the code seeds")
    return parser.parse_args(argv)


def main(argv=None):
    """Run the import and report; the exit code is 1 where nothing was changed."""
    options = arguments(argv)
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", options.as_of):
            raise BadInput(f"--as-of {options.as_of} is not a date of the form 2024-01-31")
        as_of = iso_date(options.as_of, "--as-of")
        lines = run(options.classification, options.files, options.seeds, as_of, options.settings)
    except BadInput as error:
        print(f"Nothing was changed: {error}.", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
