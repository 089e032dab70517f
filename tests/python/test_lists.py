"""Lists of units: what stands in them, in which language and order; nothing is run or lost.

Workbooks are read with zipfile and XML, as no reader is among the tools of this project.
"""

import csv
import datetime
import io
import os
import random
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
import yaml

import built_relations
import lists
from messy_extracts import messy_extract
from record import FileRecord, NotRecorded
from test_slow_reading import BASE, MORE_SEED_ROWS
from warehouse import PROJECT, Compiled, compile_project

LISTED_AT = datetime.datetime(2026, 1, 20, 10, 30)
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
COLUMNS = (
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
CODE = re.compile("[0-9]{6}[-+ABCDEFYXWVU][0-9]{3}[0-9A-Y]")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """The relations that lists are made of, without a violation."""
    with duckdb.connect() as connection:
        for relation, path in (
            ("list_labels", "seeds/quality/list_labels.csv"),
            ("quality_catalogue", "seeds/quality/quality_rules.csv"),
        ):
            connection.execute(
                f"create table {relation} as from read_csv('{PROJECT / path}', all_varchar = true)"
            )
        columns = ", ".join(f"{column} varchar" for column in COLUMNS)
        connection.execute(
            f"create table quality_violation_changes ({columns}, status varchar,"
            " first_listed_at timestamp)"
        )
        connection.execute(
            f"create table quality_follow_ups ({columns}, client_rule_id varchar, is_only_error"
            " boolean)"
        )
        connection.execute(
            "create table stg_settings__units (source_system varchar, unit varchar, language"
            " varchar)"
        )
        connection.execute(
            "create table delivery_periods as select '2025Q4' as follow_up_period,"
            " date '2026-01-15' as extracted_on"
        )
        connection.execute(
            "create table build_outcome as select false as is_demo, true as has_violations"
        )
        yield connection


def add(connection: duckdb.DuckDBPyConnection, *rows: dict) -> None:
    """Violations; what a row does not say is that of CA09, an error of the unit U1 in north."""
    for row in rows:
        rule_id = row.get("rule_id", "CA09")
        severity, table, column = connection.execute(
            "select severity, source_table, columns from quality_catalogue where rule_id = ?",
            [rule_id],
        ).fetchone()
        whole = {
            "rule_id": rule_id,
            "severity": severity,
            "source_table": table,
            "source_system": "north",
            "row_id": "1",
            "column_name": column,
            "unit": "U1",
            "status": "new",
        } | row
        insert(connection, "quality_violation_changes", whole)


def insert(connection: duckdb.DuckDBPyConnection, relation: str, row: dict) -> None:
    marks = ", ".join("?" for _ in row)
    connection.execute(
        f"insert into {relation} ({', '.join(row)}) values ({marks})", [*row.values()]
    )


def listed(
    connection: duckdb.DuckDBPyConnection, folder: Path, language: str = "en"
) -> dict[str, list[dict]]:
    """The lines of each CSV file by its name, under the names of columns."""
    lists.write_lists(connection, folder, LISTED_AT, language)
    found = {}
    for path in sorted(folder.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            _, *lines = csv.reader(file)
        found[str(path.relative_to(folder))] = [
            dict(zip(lists.COLUMNS, line, strict=True)) for line in lines
        ]
    return found


# A shared string, one in its cell, a number; anything else is unexpected.
KINDS = {"s": "text", "inlineStr": "text", None: "n", "n": "n"}


@pytest.fixture(params=["in memory", "large"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large list is written in another way, row by row."""
    if request.param == "large":
        monkeypatch.setattr(lists, "LINES_IN_MEMORY", -1)


class Workbook:
    """The sheets of a workbook: cells as (kind, value) by row, and the XML of each."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as parts:
            self.names = parts.namelist()
            book = ElementTree.fromstring(parts.read("xl/workbook.xml"))
            styles = ElementTree.fromstring(parts.read("xl/styles.xml"))
            codes = {
                kind.get("numFmtId"): kind.get("formatCode")
                for kind in styles.iter(f"{SHEET}numFmt")
            }
            cells = styles.find(f"{SHEET}cellXfs").iter(f"{SHEET}xf")
            self.formats = [codes.get(cell.get("numFmtId")) for cell in cells]
            self.strings = []
            if "xl/sharedStrings.xml" in self.names:
                strings = ElementTree.fromstring(parts.read("xl/sharedStrings.xml"))
                self.strings = ["".join(text.itertext()) for text in strings]
            self.sheets = {}
            for number, sheet in enumerate(book.iter(f"{SHEET}sheet"), 1):
                xml = parts.read(f"xl/worksheets/sheet{number}.xml")
                self.sheets[sheet.get("name")] = ElementTree.fromstring(xml)

    def cells(self, sheet: str) -> list[list[tuple[str, str, str, str]]]:
        """Rows of cells: column, kind (text or n, a number), value, format."""
        return [
            [
                (
                    re.sub("[0-9]", "", cell.get("r")),
                    KINDS[cell.get("t")],
                    self.value("".join(cell.itertext()), cell.get("t")),
                    self.formats[int(cell.get("s", 0))],
                )
                for cell in row
            ]
            for row in self.sheets[sheet].iter(f"{SHEET}row")
        ]

    def value(self, found: str, kind: str | None) -> str:
        return self.strings[int(found)] if kind == "s" else found

    def texts(self, sheet: str) -> list[list[str]]:
        return [[value for _, _, value, _ in row] for row in self.cells(sheet)]


def test_errors_before_warnings_and_roots_before_what_follows(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    add(
        connection,
        {"rule_id": "CA54", "row_id": "w"},
        {"rule_id": "CA03", "row_id": "f", "client_id": "c"},
        {"rule_id": "DE11", "row_id": "d"},
        {"rule_id": "CA09", "row_id": "b"},
        {"rule_id": "CA09", "row_id": "a"},
        {"rule_id": "CL54", "row_id": "x"},
        {"rule_id": "CL04", "row_id": "c", "client_id": "c"},
        {"rule_id": "CA03", "row_id": "m", "client_id": "not there"},
    )
    follow_up = {"rule_id": "CA03", "source_table": "cases", "source_system": "north", "unit": "U1"}
    for row_id, client_id, rule_id in (("f", "c", "CL04"), ("m", "not there", None)):
        found = {"row_id": row_id, "client_id": client_id, "client_rule_id": rule_id}
        insert(connection, "quality_follow_ups", follow_up | found)
    (lines,) = listed(connection, tmp_path / "lists").values()
    assert [(line["rule_id"], line["row_id"], line["follows_from"]) for line in lines] == [
        ("CL04", "c", ""),
        ("CA03", "m", ""),
        ("CA09", "a", ""),
        ("CA09", "b", ""),
        ("DE11", "d", ""),
        ("CA03", "f", "CL04"),
        ("CL54", "x", ""),
        ("CA54", "w", ""),
    ]


def test_one_line_a_cause_where_the_extract_is_at_fault(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """A code that the map lacks, a client whose error comes first, or else the rule."""
    since = datetime.datetime(2025, 12, 24, 12)
    add(
        connection,
        {"rule_id": "CA05", "row_id": "2", "observed_value": "77", "client_id": "k2"},
        {"rule_id": "CA05", "row_id": "1", "observed_value": "77", "client_id": "k1"},
        {"rule_id": "CA05", "row_id": "3", "observed_value": "78"},
        {"rule_id": "CA05", "row_id": "4", "observed_value": None},
        {"rule_id": "CA06", "row_id": "6", "observed_value": "1.1.24"},
        {
            "rule_id": "CA06",
            "row_id": "5",
            "observed_value": "2.1.24",
            "status": "open",
            "first_listed_at": since,
        },
        {"rule_id": "CA06", "row_id": "7", "observed_value": "2.1.24", "status": "mended"},
        {"rule_id": "CA06", "row_id": "5", "unit": "U2"},
        {"rule_id": "SR03", "row_id": "1", "client_id": "c"},
        {"rule_id": "SR03", "row_id": "2", "client_id": "c"},
        {"rule_id": "SR03", "row_id": "3", "client_id": "d"},
        {"rule_id": "CA09", "row_id": "1"},
        {"rule_id": "CA09", "row_id": "2", "status": "returned", "first_listed_at": since},
    )
    follow_up = {"rule_id": "SR03", "source_table": "services_received", "source_system": "north"}
    for row_id, client_id in (("1", "c"), ("2", "c"), ("3", "d")):
        found = {"row_id": row_id, "client_id": client_id, "unit": "U1", "client_rule_id": "CL04"}
        insert(connection, "quality_follow_ups", follow_up | found)
    found = listed(connection, tmp_path / "lists")
    told = ("rule_id", "row_id", "client_id", "observed_value", "rows", "status", "first_listed_on")
    assert [tuple(line[name] for name in told) for line in found["north/U1.csv"]] == [
        ("CA05", "1", "k1", "77", "2", "new", "2026-01-20"),
        ("CA05", "3", "", "78", "1", "new", "2026-01-20"),
        ("CA05", "4", "", "", "1", "new", "2026-01-20"),
        ("CA06", "5", "", "2.1.24", "2", "still open", "2025-12-24"),
        ("CA09", "1", "", "", "1", "new", "2026-01-20"),
        ("CA09", "2", "", "", "1", "back again", "2025-12-24"),
        ("SR03", "1", "c", "", "2", "new", "2026-01-20"),
        ("SR03", "3", "d", "", "1", "new", "2026-01-20"),
    ]
    assert [line["row_id"] for line in found["north/U2.csv"]] == ["5"]


def test_counts_tell_what_is_new_open_back_and_mended(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    add(
        connection,
        {"rule_id": "CA54", "row_id": "1"},
        {"row_id": "1"},
        {"row_id": "2", "status": "open"},
        {"row_id": "3", "status": "open"},
        {"row_id": "4", "status": "returned"},
        {"row_id": "5", "status": "mended"},
        {"row_id": "6", "status": "mended", "unit": "all mended"},
    )
    listed(connection, tmp_path / "lists")
    book = Workbook(tmp_path / "lists" / "north" / "U1.xlsx")
    assert list(book.sheets) == ["List", "Counts"]
    rows = book.texts("Counts")
    assert rows[:3] == [
        ["north: U1"],
        ["Listed on 2026-01-20. Day of the extract: 2026-01-15."],
        ["Rows 5, New 2, Still open 2, Back again 1, Mended 1"],
    ]
    assert [row[:2] + row[3:] for row in rows[4:]] == [
        ["Severity", "Rule", "Rows", "New", "Still open", "Back again", "Mended"],
        ["error", "CA09", "4", "1", "2", "1", "1"],
        ["warning", "CA54", "1", "1", "0", "0", "0"],
    ]
    mended = Workbook(tmp_path / "lists" / "north" / "all mended.xlsx")
    assert len(mended.texts("List")) == 1
    assert mended.texts("Counts")[5][3:] == ["0", "0", "0", "0", "1"]


def test_each_list_is_in_the_language_of_its_unit(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    add(connection, {}, {"unit": "U2"}, {"unit": None}, {"source_system": None, "unit": "U2"})
    insert(
        connection,
        "stg_settings__units",
        {"source_system": "north", "unit": "U2", "language": "sv"},
    )
    insert(connection, "stg_settings__units", {"source_system": "north", "language": "en"})
    lists.write_lists(connection, tmp_path / "lists", LISTED_AT, "fi")
    books = {
        str(path.relative_to(tmp_path / "lists")): list(Workbook(path).sheets)[1]
        for path in (tmp_path / "lists").rglob("*.xlsx")
    }
    assert books == {
        "north/U1.xlsx": "Määrät",
        "north/U2.xlsx": "Antal",
        "north/without a unit.xlsx": "Counts",
        "ilman järjestelmää/U2.xlsx": "Määrät",
    }
    text, severity, table = (
        (tmp_path / "lists/north/U2.csv").read_text().split("\n")[1].split(",")[:3]
    )
    assert (severity, table) == ("fel", "ärenden") and text.startswith("Slutdatumet är före")
    add(connection, {"rule_id": "CL20", "unit": "U2"})
    listed(connection, tmp_path / "again")
    line = Workbook(tmp_path / "again/north/U2.xlsx").texts("Lista")[1]
    assert "källsystem, klient-id" in line and "klienter" in line


# What a cell holds, and what stands in workbook and CSV file; an apostrophe is seen by no formula.
CELLS = {
    "=1+1": ("=1+1", "'=1+1"),
    "+358": ("+358", "'+358"),
    "-5": ("-5", "'-5"),
    "@sum(a1)": ("@sum(a1)", "'@sum(a1)"),
    "{=1+1}": ("{=1+1}", "{=1+1}"),
    '=HYPERLINK("http://a.invalid")': ('=HYPERLINK("http://a.invalid")',) * 2,
    "http://a.invalid/": ("http://a.invalid/",) * 2,
    "<r><t>a</t></r>": ("<r><t>a</t></r> ", "<r><t>a</t></r>"),
    "007": ("007", "007"),
    "1E5": ("1E5", "1E5"),
    "a\nb\rc\td\x00\x1f\x7f\x85e\ufffef\uffff": (
        "a\ufffdb\ufffdc\ufffdd" + 4 * "\ufffd" + "e\ufffdf\ufffd",
    )
    * 2,
    "_x0041_ <b>&\"' ": ("_x0041_ <b>&\"' ",) * 2,
    "åäö 💡": ("åäö 💡",) * 2,
    "": ("", ""),
}


@pytest.mark.usefixtures("size")
def test_ids_are_text_and_nothing_is_a_formula(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    for number, cell in enumerate(CELLS):
        add(connection, {"row_id": f"{number:02}", "client_id": cell, "observed_value": cell})
    (lines,) = listed(connection, tmp_path / "lists").values()
    book = Workbook(tmp_path / "lists" / "north" / "U1.xlsx")
    kinds = {element.tag.removeprefix(SHEET) for element in book.sheets["List"].iter()}
    assert "c" in kinds and not kinds & {"f", "hyperlink", "hyperlinks"}
    found = book.cells("List")[1:]
    for (cell, (in_workbook, in_csv)), row, line in zip(CELLS.items(), found, lines, strict=True):
        cells = {column: (kind, value, style) for column, kind, value, style in row}
        if cell:
            kind, value, style = cells["E"]
            assert (kind, unescaped(value), style) == ("text", in_workbook, "@"), cell
            assert cells["G"] == cells["E"]
        in_csv = f"'{cell}" if cell.startswith("=") else in_csv
        assert line["client_id"] == line["observed_value"] == in_csv
        assert cells["D"][0] == "text" and cells["H"][0] == "n"


def unescaped(text: str) -> str:
    """_x005F_ stands for an underscore that begins what looks like an escape."""
    return text.replace("_x005F_", "_")


@pytest.mark.usefixtures("size")
def test_long_cells_are_cut_where_excel_ends(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rich = f"<r>{'c' * 32_760}</r> and more"
    add(
        connection,
        {"row_id": "a" * 32_767, "client_id": "b" * 32_768, "observed_value": "💡" * 20_000},
        {"row_id": "b", "client_id": rich},
    )
    (lines,) = listed(connection, tmp_path / "lists").values()
    _, row, other = Workbook(tmp_path / "lists" / "north" / "U1.xlsx").texts("List")
    assert other[4] == rich[:32_766] + " "
    assert row[3] == "a" * 32_767 and row[4] == "b" * 32_767 and row[6] == "💡" * 16_383
    assert lines[0]["client_id"] == "b" * 32_768


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize(("rows", "sizes"), [(0, [0]), (8, [8]), (9, [8, 1]), (16, [8, 8])])
def test_rows_go_on_in_a_next_sheet(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    sizes: list[int],
) -> None:
    monkeypatch.setattr(lists, "SHEET_ROWS", 9)
    monkeypatch.setattr(lists, "ROWS_AT_ONCE", 3)
    add(connection, {"rule_id": "CL05", "status": "mended"})
    add(connection, *({"row_id": f"{number:02}"} for number in range(rows)))
    listed(connection, tmp_path / "lists")
    book = Workbook(tmp_path / "lists" / "north" / "U1.xlsx")
    names = ["List", *(f"List {number}" for number in range(2, len(sizes) + 1))]
    assert [name for name in book.sheets if name.startswith("List")] == names
    found = []
    for name, size in zip(names, sizes, strict=True):
        header, *lines = book.texts(name)
        assert header[0] == "What is wrong and what to do" and len(lines) == size
        found += [line[3] for line in lines]
    assert found == [f"{number:02}" for number in range(rows)]


def test_header_stays_filters_and_columns_are_wide_enough(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    add(connection, {"row_id": "a row id of 25 characters"}, {"row_id": "2"})
    listed(connection, tmp_path / "lists")
    book = Workbook(tmp_path / "lists" / "north" / "U1.xlsx")
    sheet = book.sheets["List"]
    pane = sheet.find(f".//{SHEET}pane")
    assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")
    assert sheet.find(f"{SHEET}autoFilter").get("ref") == "A1:N3"
    assert book.sheets["Counts"].find(f".//{SHEET}pane").get("ySplit") == "5"
    wide = {}
    for column in sheet.iter(f"{SHEET}col"):
        for place in range(int(column.get("min")), int(column.get("max")) + 1):
            wide[place] = float(column.get("width"))
    assert len(wide) == len(lists.COLUMNS) and wide[4] >= 26 and wide[1] >= 60
    heights = [float(row.get("ht")) for row in sheet.iter(f"{SHEET}row")]
    assert heights[1] >= 30


NAMES = {
    "unit/../../x": "unit_.._.._x",
    "..": "__",
    ".hidden": "_hidden",
    'a:b*c?d"e<f>g|h\\i': "a_b_c_d_e_f_g_h_i",
    "line\ufffdbreak": "line_break",
    "CON": "CON_",
    "nul.unit": "nul_.unit",
    "Com1 .a.b": "Com1_ .a.b",
    "CONOUT$": "CONOUT$_",
    "my con": "my con",
    "console": "console",
    "ends. ": "ends._",
    "Ä" * 300: "Ä" * 100,
    "💡" * 300: "💡" * 50,
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_what_every_file_system_takes(name: str) -> None:
    assert lists.file_name(name) == NAMES[name]


def test_stewards_pages_quote_messages_that_there_are() -> None:
    """What a page says of a message is found by its words: in both languages, as it is printed."""
    code = "".join(path.read_text("utf-8") for path in (PROJECT / "scripts").glob("*.py"))
    macros = "".join(path.read_text("utf-8") for path in (PROJECT / "macros").rglob("*.sql"))
    names = "".join(path.name for path in (PROJECT / "tests").rglob("*.sql"))
    printed = re.sub(r'"\s*f?"', "", code).replace("{MANIFEST}", "manifest.json") + macros + names
    quoted = {}
    for language in ("fi", "sv"):
        page = (PROJECT / f"docs/steward.{language}.md").read_text("utf-8")
        told = re.findall(
            r"^\| ([^|]*[a-z] [^|]*) \|", page[page.index("The build stopped") :], re.M
        )
        quoted[language] = [
            row for row in told if re.search(" (the|is|not|has|was|no) ", f" {row} ")
        ]
    assert quoted["fi"] == quoted["sv"] and len(quoted["fi"]) > 30
    for part in re.split("…| / ", " / ".join(quoted["fi"])):
        assert part.strip(" :") in printed, part


def test_names_that_meet_get_a_number() -> None:
    names = ["a/b", "a_b", "A_B", "a_b-2", "e\u0301", "\u00e9", "stra\u00dfe", "STRASSE", "x", "x"]
    chosen = lists.file_names(dict(enumerate(names)))
    assert [chosen[place] for place in (0, 1, 2, 8, 9)] == ["a_b-3", "a_b-2", "A_B", "x", "x-2"]
    forms = [lists.in_one_form(name) for name in chosen.values()]
    assert len(set(forms)) == len(names)


def test_units_whose_names_meet_have_files_of_their_own(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    units = ["team/1", "team_1", "TEAM_1", None, "without a unit"]
    systems = ["north", "North", None]
    for system in systems:
        for number, unit in enumerate(units):
            add(connection, {"source_system": system, "unit": unit, "row_id": f"{system}{number}"})
    found = listed(connection, tmp_path / "lists")
    assert sorted(line["row_id"] for lines in found.values() for line in lines) == sorted(
        f"{system}{number}" for system in systems for number in range(len(units))
    )
    assert len({path.lower() for path in found}) == len(systems) * len(units)


def make(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    listed_at: datetime.datetime = LISTED_AT,
) -> Path:
    """The lists, recorded in a record beside them."""
    sources = yaml.safe_load(
        (PROJECT / "models/staging/record/_record__sources.yml").read_text(encoding="utf-8")
    )
    tables = {
        table["name"]: {
            column["name"]: column["data_type"].replace("string", "text")
            for column in table["columns"]
        }
        for table in sources["sources"][0]["tables"]
    }
    record = FileRecord(target.parent / f"{target.name}.duckdb", tables, is_written=True)
    try:
        return lists.make_lists(connection, target, record, listed_at)
    finally:
        record.close()


def recorded(target: Path) -> list[tuple]:
    with duckdb.connect(str(target.parent / f"{target.name}.duckdb"), read_only=True) as record:
        return record.execute("from listed_violations order by all nulls first").fetchall()


def test_what_is_listed_is_recorded(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Every row of it, also those of one line; a list without rows is a row without a rule."""
    target = tmp_path / "delivery"
    add(
        connection,
        {"rule_id": "CA06", "row_id": "1", "observed_value": "x", "client_id": "c"},
        {"rule_id": "CA06", "row_id": "2", "unit": None, "status": "open"},
        {"rule_id": "CA06", "row_id": "3", "status": "mended"},
    )
    make(connection, target)
    day = datetime.date(2026, 1, 15)
    head = (LISTED_AT, day, "CA06", "error", "cases", "north")
    first = [
        (*head, "1", "c", None, "opened_on", "x", "U1"),
        (*head, "2", None, None, "opened_on", None, None),
    ]
    assert recorded(target) == first
    connection.execute("delete from quality_violation_changes")
    later = LISTED_AT + datetime.timedelta(days=1)
    folder = make(connection, target, later)
    assert recorded(target) == [*first, (later, day, *[None] * 10)]
    assert [path.name for path in folder.iterdir()] == [".sosdata-lists"]


def test_without_violations_of_this_build_nothing_is_listed(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute("update build_outcome set has_violations = false")
    with pytest.raises(lists.NotListed, match="stopped before it made the list of violations"):
        make(connection, tmp_path / "delivery")
    assert not list(tmp_path.iterdir())


def test_first_build_that_stopped_early_has_no_lists(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It left no relation; lists ask for no build that passed, and do not say that they do."""
    database = tmp_path / "build.duckdb"
    duckdb.connect(str(database)).close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "umask", lambda _: 0)
    monkeypatch.setattr(lists, "parse", lambda: None)
    monkeypatch.setattr(
        lists,
        "open_built",
        lambda *_: built_relations._duckdb(database, {"quality_catalogue": "main.gone"}),
    )
    assert lists.main() == 1
    told = capsys.readouterr().err
    assert "stopped before it made the list of violations" in told
    assert "pass" not in told


def test_build_that_cannot_read_its_extract_is_the_last_build() -> None:
    """Or the lists and the freeze after it would be those of the extract before."""
    hooks = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))["on-run-start"]
    order = [name for hook in hooks for name in re.findall(r"sosdata\.(\w+)\(", hook)]
    assert order.index("stop_on_demo_in_a_real_database") < order.index("forget_outcome")
    assert order.index("forget_outcome") < order.index("load_extract")


def test_what_cannot_be_recorded_is_not_listed(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And after a crash between record and files, the same command writes the files."""
    target = tmp_path / "delivery"
    add(connection, {})
    with monkeypatch.context() as patched:
        patched.setattr(FileRecord, "commit", refuse)
        with pytest.raises(NotRecorded):
            make(connection, target)
    assert not list((target / "lists").iterdir()) and recorded(target) == []
    with monkeypatch.context() as patched:
        patched.setattr(lists, "put_in_place", refuse)
        with pytest.raises(NotRecorded):
            make(connection, target)
    assert not list((target / "lists").iterdir()) and len(recorded(target)) == 1
    assert len(contents(make(connection, target))) == 3


def refuse(*_: object) -> None:
    raise NotRecorded("no")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_second_list_of_the_day_replaces_the_first_whole(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    add(connection, {"unit": "gone"}, {})
    target = tmp_path / "delivery"
    folder = make(connection, target)
    assert folder == target / "lists" / "2026-01-20"
    first = contents(folder)
    assert contents(make(connection, target)) == first
    connection.execute("delete from quality_violation_changes where unit = 'gone'")
    assert set(contents(make(connection, target))) == {
        ".sosdata-lists",
        "north/U1.csv",
        "north/U1.xlsx",
    }
    assert [path.name for path in (target / "lists").iterdir()] == ["2026-01-20"]


def answer(folder: Path) -> None:
    with (folder / "north" / "U1.xlsx").open("ab") as file:
        file.write(b"answer")


def add_a_file(folder: Path) -> None:
    (folder / "north" / "notes.txt").write_text("ours")


def link_it(folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)


def link_a_file(folder: Path) -> None:
    file = folder / "north" / "U1.csv"
    file.rename(folder.parent.parent / "U1.csv")
    file.symlink_to(folder.parent.parent / "U1.csv")


@pytest.mark.parametrize("change", [answer, add_a_file, link_it, link_a_file])
def test_what_we_did_not_write_is_not_replaced(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, change: object
) -> None:
    add(connection, {})
    folder = make(connection, tmp_path / "delivery")
    change(folder)
    before = contents(tmp_path)
    with pytest.raises(lists.NotListed, match="move "):
        make(connection, tmp_path / "delivery")
    assert contents(tmp_path) == before


def test_a_failure_leaves_the_old_lists_or_none(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(connection, {}, {"unit": "U2"})
    target = tmp_path / "delivery"
    before = contents(make(connection, target))
    add(connection, {"row_id": "later"})
    written = []

    def full(*_: object) -> int:
        written.append(1)
        if len(written) > 1:
            raise OSError(28, os.strerror(28))
        return 15

    monkeypatch.setattr(lists, "height", full)
    for place in (target, tmp_path / "other"):
        written.clear()
        with pytest.raises(lists.NotListed, match="No space left on device: make room there"):
            make(connection, place)
    files = {f"lists/2026-01-20/{name}": cells for name, cells in before.items()}
    assert contents(tmp_path / "delivery") == files and contents(tmp_path / "other") == {}
    assert len(recorded(tmp_path / "delivery")) == 2


def test_files_are_for_their_owner_only(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    add(connection, {})
    old = os.umask(0)
    try:
        folder = make(connection, tmp_path / "delivery")
    finally:
        os.umask(old)
    for path in (folder.parent, folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_language_that_is_none_stops(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOSDATA_LANGUAGE", "de")
    with pytest.raises(lists.NotListed, match="SOSDATA_LANGUAGE is none of en, sv and fi"):
        make(connection, tmp_path / "delivery")
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> Iterator[Compiled]:
    build = compile_project(tmp_path_factory.mktemp("lists"), seeded, BASE, MORE_SEED_ROWS)
    build.build(messy_extract(7))
    yield build
    build.connection.close()


def test_every_violation_of_a_messy_extract_is_listed_without_identity_codes(
    build: Compiled, tmp_path: Path
) -> None:
    (rows,) = build.rows("select count(*) from quality_violations")[0]
    lists.write_lists(build.connection, tmp_path / "lists", LISTED_AT, "sv")
    counted = 0
    for path in (tmp_path / "lists").rglob("*"):
        assert not CODE.search(path.name)
        if path.suffix == ".csv":
            text = path.read_text(encoding="utf-8")
            counted += sum(int(line[7]) for line in list(csv.reader(io.StringIO(text)))[1:])
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                text = "".join(parts.read(name).decode() for name in parts.namelist())
        else:
            continue
        assert not CODE.search(text), path
    assert counted == rows > 300


def key(row: dict) -> tuple:
    """One violation: without a row id, the whole row."""
    if row["row_id"] is None:
        return tuple(row[column] for column in COLUMNS)
    named = ("rule_id", "source_table", "source_system", "row_id", "follow_up_period")
    return tuple(row[column] for column in named)


def slow_changes(rows: list[dict], record: list[dict], can_list: object) -> Counter:
    """F9 read again: every row of the build, and what is mended of the latest list."""
    times = sorted({row["listed_at"] for row in record})
    by_time = {time: [row for row in record if row["listed_at"] == time] for time in times}
    latest = by_time[times[-1]] if times else []
    first: dict[tuple, datetime.datetime] = {}
    for time in times:
        for row in by_time[time]:
            first.setdefault(key(row), time)
    found = Counter()
    for row in rows:
        if key(row) not in first:
            status = "new"
        elif any(key(row) == key(before) for before in latest):
            status = "open"
        else:
            status = "returned"
        found[*(row[column] for column in COLUMNS), status, first.get(key(row))] += 1
    here = {key(row) for row in rows}
    for row in latest:
        if key(row) not in here and can_list(row):
            found[*(row[column] for column in COLUMNS), "mended", first[key(row)]] += 1
    return found


def random_row(chance: random.Random) -> dict:
    rule_id = chance.choice(["CA09", "CA54", "CA51", "DE07", "GONE"])
    return {
        "rule_id": rule_id,
        "severity": "warning" if rule_id in ("CA54", "CA51") else "error",
        "source_table": chance.choice(["cases", "decisions"]),
        "source_system": chance.choice(["north", "south", "lost", None]),
        "row_id": chance.choice(["1", "2", "3", None]),
        "client_id": chance.choice(["a", None]),
        "follow_up_period": chance.choice([None, "2024Q1", "2019Q4"]),
        "column_name": "opened_on",
        "observed_value": chance.choice(["x", None]),
        "unit": chance.choice(["U1", None]),
    }


def test_changes_are_those_of_an_independent_reading(build: Compiled) -> None:
    (sql,) = [
        sql
        for name, sql, _ in build.models
        if name.split(".")[-1].strip('"') == "quality_violation_changes"
    ]
    connection = build.connection
    extracted_on = BASE["extracted_on"]
    columns = ", ".join(f"{column} varchar" for column in COLUMNS)
    replace_table(
        connection, "main.stg_record__listed_violations", f"listed_at timestamp, {columns}"
    )
    replace_table(connection, "main_quality.quality_violations", columns)
    replace_table(connection, "main.int_follow_up_periods", "follow_up_period varchar")
    replace_table(connection, "main.int_source_systems", "source_system varchar")
    replace_table(
        connection,
        "main.stg_settings__quality_exceptions",
        "rule_id varchar, source_system varchar, until date",
    )
    connection.execute("insert into int_follow_up_periods values ('2024Q1')")
    connection.execute("insert into int_source_systems values ('north'), ('south')")
    connection.execute(
        f"insert into stg_settings__quality_exceptions values ('CA54', 'north', '{extracted_on}'),"
        f" ('CA51', 'north', date '{extracted_on}' - 1), ('CA51', 'south', null),"
        " ('CA09', 'north', null)"
    )

    def can_list(row: dict) -> bool:
        excepted = [("CA54", "north"), ("CA51", "south")]
        return (
            row["rule_id"] != "GONE"
            and row["source_system"] != "lost"
            and row["follow_up_period"] in (None, "2024Q1")
            and (row["rule_id"], row["source_system"]) not in excepted
        )

    seen = Counter()
    for seed in range(40):
        chance = random.Random(seed)
        rows = [row for row in (random_row(chance) for _ in range(60)) if can_list(row)]
        record = []
        for day in range(chance.choice([0, 1, 2, 4])):
            time = datetime.datetime(2024, 1, 1 + day, 12)
            record += [{"listed_at": time} | random_row(chance) for _ in range(60)]
        connection.execute(
            "delete from stg_record__listed_violations; delete from quality_violations"
        )
        insert_all(connection, "quality_violations", COLUMNS, rows)
        insert_all(connection, "stg_record__listed_violations", ("listed_at", *COLUMNS), record)
        names = ", ".join((*COLUMNS, "status", "first_listed_at"))
        found = Counter(connection.execute(f"select {names} from ({sql})").fetchall())
        assert found == slow_changes(rows, record, can_list), seed
        seen.update(row[len(COLUMNS)] for row in found)
    assert min(seen[status] for status in ("new", "open", "mended", "returned")) > 20


def insert_all(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: tuple, rows: list[dict]
) -> None:
    cells = ", ".join("unnest(?)" for _ in columns)
    given = [[row[column] for row in rows] for column in columns]
    connection.execute(f"insert into {relation} ({', '.join(columns)}) select {cells}", given)


def replace_table(connection: duckdb.DuckDBPyConnection, name: str, columns: str) -> None:
    kind = connection.execute(
        "select table_type from information_schema.tables"
        " where table_schema || '.' || table_name = ?",
        [name],
    ).fetchone()
    if kind:
        connection.execute(f"drop {'view' if kind[0] == 'VIEW' else 'table'} {name}")
    connection.execute(f"create table {name} ({columns})")
