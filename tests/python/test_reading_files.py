"""What the steward is told before anything is built, and what is read from files as they stand."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from unittest import mock

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from engines import Postgres
from warehouse import COLUMNS, run_dbt, stopped_by, write_extract

OURS = [column for column in COLUMNS["cases"] if column != "unit"]
HEADER = ",".join(OURS)
SECRET = "131052-9XXX"
CASE = {"source_system": "sys_a", "case_id": "1", "client_id": "k1", "service_task_code": "10"}
WIDE = HEADER + ",note"


def line(**cells: str) -> str:
    """A line of cases.csv, to which a note can be added."""
    return ",".join((CASE | {"client_id": SECRET} | cells).get(column, "") for column in OURS)


ROW = line()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reading")


@pytest.fixture(scope="module")
def parsed(folder: Path) -> Iterator[None]:
    """The project is parsed once for all runs that differ in the extract only."""
    manifest = run_dbt(folder, ["parse"]).result
    with mock.patch("warehouse.dbtRunner", partial(dbtRunner, manifest=manifest)):
        yield


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    return write_extract(tmp_path / "extract", {"cases": [CASE]})


def replace(extract: Path, table: str, content: str | bytes) -> None:
    content = content.encode() if isinstance(content, str) else content
    (extract / f"{table}.csv").write_bytes(content)


def loaded_cases(folder: Path, columns: str = "*") -> list[tuple]:
    with duckdb.connect(str(folder / "sosdata.duckdb"), read_only=True) as connection:
        query = f"select {columns} from loaded_extract.cases order by case_id"
        return connection.execute(query).fetchall()


def loaded_columns(folder: Path) -> list[str]:
    with duckdb.connect(str(folder / "sosdata.duckdb"), read_only=True) as connection:
        return [name for name, *_ in connection.execute("describe loaded_extract.cases").fetchall()]


def assert_nothing_is_kept(folder: Path, message: str) -> None:
    """Neither what the steward sees nor what stays behind holds a cell of what was refused."""
    written = [*(folder / "logs").rglob("*"), *(folder / "target").glob("run_results.json")]
    assert SECRET not in message
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]
    with duckdb.connect(str(folder / "sosdata.duckdb"), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables()").fetchall()
    assert not {"cases", "unreadable_lines", "unreadable_files"} & {name for (name,) in tables}


LINES = f"{HEADER}\n{ROW}\n"
OPEN = f'{ROW},"Sauvala\n'
WRONG_FILES = {
    "nothing in it": ("", "cases.csv is empty"),
    "header in another case": (
        HEADER.replace("case_id", "Case_ID") + "\n",
        "the column 'Case_ID' must be written case_id",
    ),
    "a zero-width character in the header": (
        HEADER.replace("case_id", "case\u200b_id") + "\n",
        "the column 'case_id' holds characters that cannot be seen",
    ),
    "semicolons": (LINES.replace(",", ";"), "cases.csv is parted by semicolons"),
    "a title before the header": (
        f"Cases of {SECRET}\n\n" + LINES,
        "header of cases.csv is not its first line but line 3",
    ),
    "no header": (ROW + "\n", "its first line must be the header"),
    "open quotation mark": (
        LINES + line(case_id='"2') + f"\n{ROW}\n",
        "line 3 has a quotation mark that is never closed",
    ),
    "an empty cell too many": (
        LINES + line(case_id='"2,2"') + f"\n{ROW},\n",
        "line 4 has more cells than the header",
    ),
    "each row in one cell": (
        "".join(f'"{row}"\n' for row in (HEADER, ROW)),
        "cases.csv holds each row in one cell",
    ),
    "a cell too many behind a line break": (
        LINES + line(case_id='"2\n\n2"') + f"\n{ROW},x\n",
        "line 6 has more cells than the header",
    ),
    "Latin-1": ((LINES + line(case_id="å")).encode("latin-1"), "cases.csv is not UTF-8 (line 3)"),
    "UTF-16": (LINES.encode("utf-16"), "cases.csv is not UTF-8 but UTF-16"),
    "a carriage return in a cell": (
        LINES + line(case_id="2\r2") + "\n",
        "line 3 holds a carriage return",
    ),
    "two kinds of line ends": (
        f"{WIDE}\r\n{ROW},a\n{ROW},b\r\n",
        "line 2 does not end in the Windows way",
    ),
    "rows swallowed by a column that is not read": (
        f"{WIDE}\n{ROW},ok\n{OPEN}{ROW},ok\n" + f'{ROW},Sauvala"\n',
        "line 4 looks like a row",
    ),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_file_that_cannot_be_read_is_named(
    case: str, folder: Path, extract: Path, parsed: None
) -> None:
    content, told = WRONG_FILES[case]
    replace(extract, "cases", content)
    message = stopped_by(folder, SOSDATA_SOURCE_DIR=extract)
    assert message is not None and told in message
    assert_nothing_is_kept(folder, message)


SIBLINGS = {
    "no column": (HEADER.replace(",closed_on", "") + "\n", "cases.csv has no column closed_on"),
    "a cell too few": (f"{HEADER}\n\n{ROW}\n{ROW[:-1]}\n", "line 4 has fewer cells"),
    "text after a closing quotation mark": (
        LINES + line(case_id='"2"x') + "\n",
        "line 3 has a quotation mark that is not doubled",
    ),
    "NUL": (LINES + line(case_id="2\0") + "\n", "line 3 holds a NUL"),
    "column twice": (HEADER + ",case_id\n", "has the column case_id more than once"),
    "tabs": (LINES.replace(",", "\t"), "parted by tabs"),
    "vertical bars": (LINES.replace(",", "|"), "parted by vertical bars"),
    "quoted names and semicolons": ('"' + HEADER.replace(",", '";"') + '"\n', "by semicolons"),
    "fixed width": (HEADER.replace(",", "   ") + "\n", "blanks between its cells"),
    "sep": ("sep=,\n" + LINES, "but line 2"),
    "sep and semicolons": ("sep=;\n" + LINES.replace(",", ";"), "parted by semicolons"),
    "blank line": ("\n" + LINES, "but line 2"),
    "comment": ("# " + SECRET + "\n" + LINES, "but line 2"),
    "blank lines only": ("\n\n", "is empty"),
    "two byte-order marks": ("\ufeff\ufeff" + LINES, "cannot be seen"),
    "blank in the header": (HEADER.replace("case_id", " case_id"), "must be written case_id"),
    "Unit": (HEADER + ",Unit\n", "must be written unit"),
    "unit twice": (HEADER + ",unit,unit\n", "unit more than once"),
    "open quotation mark in the header": (HEADER + ',"a\n' + ROW, "its header has a quotation"),
    "open quotation mark at the end": (LINES + ROW + '"x', "line 3 has a quotation mark"),
    "UTF-16 without a mark": (LINES.encode("utf-16-le"), "UTF-16"),
    "UTF-16, big end first": (b"\xfe\xff" + LINES.encode("utf-16-be"), "UTF-16"),
    "compressed": (b"\x1f\x8b\x08" + bytes(range(256)), "not UTF-8"),
    "Latin-1 in the header": ((HEADER + ",å\n").encode("latin-1"), "not UTF-8 (line 1)"),
    "CR CR LF": (LINES.replace("\n", "\r\r\n"), "line 1 holds a carriage return"),
    "carriage return in a cell, CR LF": (
        (LINES + line(case_id="2\v2") + "\n").replace("\n", "\r\n").replace("\v", "\r"),
        "line 3 holds a carriage return",
    ),
    "one line in the Windows way": (
        f"{WIDE}\n{ROW},a\n{ROW},b\r\n",
        "line 3 ends in the Windows way",
    ),
    "a line too long": (LINES + line(case_id="x" * 20_000_001), "line 3 has more than 20 million"),
    "swallowed rows, first column, CR LF": (
        f'note,{HEADER}\nx,{ROW}\n\n"a\n\nb,{ROW}\nc",{ROW}\n'.replace("\n", "\r\n"),
        "line 6 looks like a row",
    ),
}


@pytest.mark.parametrize("case", SIBLINGS)
@pytest.mark.long
def test_siblings_of_wrong_files_are_named(
    case: str, folder: Path, extract: Path, parsed: None
) -> None:
    content, told = SIBLINGS[case]
    replace(extract, "cases", content)
    message = stopped_by(folder, SOSDATA_SOURCE_DIR=extract)
    assert message is not None and told in message
    assert_nothing_is_kept(folder, message)


NASTY = [
    CASE | {"case_id": "1", "client_id": 'said "no", twice'},
    CASE | {"case_id": "2", "client_id": "line\n\nbreak and\r\nanother\rand"},
    CASE | {"case_id": "3", "client_id": "x" * 1_000_000},
    CASE | {"case_id": "4'; drop table cases; --", "client_id": "{{ 1/0 }}"},
    CASE | {"case_id": "5", "client_id": "å ä ö \u00a0\u2028 \U0001f600 \x01\x1f"},
]


@pytest.mark.parametrize(
    ("line_end", "mark"),
    [
        pytest.param("\n", "", id="LF", marks=pytest.mark.long),
        pytest.param("\r\n", "\ufeff", id="CR LF, byte-order mark"),
        pytest.param("\r\n", "", id="CR LF", marks=pytest.mark.long),
        pytest.param("\n", "\ufeff", id="LF, byte-order mark", marks=pytest.mark.long),
    ],
)
def test_cells_are_read_as_they_stand(
    line_end: str, mark: str, folder: Path, tmp_path: Path, parsed: None
) -> None:
    extract = write_extract(tmp_path / "extract", {"cases": NASTY}, line_end)
    file = extract / "cases.csv"
    file.write_bytes(mark.encode() + file.read_bytes())
    assert stopped_by(folder, SOSDATA_SOURCE_DIR=extract) is None
    assert loaded_cases(folder, HEADER) == [
        tuple(row.get(column) for column in OURS) for row in NASTY
    ]


RIGHT_FILES = {
    "header without a line end": (HEADER, []),
    "carriage returns as line ends": (LINES.replace("\n", "\r"), [None]),
    "blank lines": (LINES + f"\n{ROW}\n\n\n", [None, None]),
    "a name with commas and marks": (f'{HEADER},"a, ""b"""\n{ROW},x\n', [None]),
    "a name with a line break": (f'{HEADER},"a,\nb"\r\n{ROW},x\r\n', [None]),
    "another name with a line break": (f'"a\r\n\r\nb",{HEADER}\nx,{ROW}\n', [None]),
    "a column without a name": (f"{HEADER},\n{ROW},\n", [None]),
    "a note with line breaks": (f'{WIDE}\n{ROW},"a, b\n\nc, d"\n{ROW},\n', [None, None]),
    "a mark inside a cell": (LINES + line(case_id='5"') + "\n", [None, None]),
    "units": (f"unit,{HEADER}\nu,{ROW}\n", ["u"]),
}


OFTEN_SEEN = ["a name with commas and marks", "a note with line breaks", "units"]


@pytest.mark.parametrize(
    "cases",
    [OFTEN_SEEN, pytest.param(RIGHT_FILES.keys() - OFTEN_SEEN, marks=pytest.mark.long)],
    ids=["some", "more"],
)
def test_right_files_are_read(
    cases: dict, folder: Path, extract: Path, parsed: None, subtests: pytest.Subtests
) -> None:
    for case in cases:
        content, units = RIGHT_FILES[case]
        with subtests.test(case):
            replace(extract, "cases", content)
            assert stopped_by(folder, SOSDATA_SOURCE_DIR=extract) is None
            assert loaded_cases(folder, "client_id, unit") == [(SECRET, unit) for unit in units]
            assert loaded_columns(folder) == [*OURS, "unit"]


def write_parquet(path: Path, skip: str = "", extra: str = "", **types: str) -> None:
    """Cases as Parquet: columns in another order, texts unless said otherwise."""
    cells = CASE | {"client_id": SECRET}
    columns = [
        f"{types.get(column, repr(cells.get(column, '')))} as {column}"
        for column in reversed(OURS)
        if column != skip
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    target = str(path).replace("'", "''")
    duckdb.execute(f"copy (select 1 as extra, {', '.join(columns)}{extra}) to '{target}'")


def test_parquet_and_columns_in_another_order_are_read(
    folder: Path, extract: Path, parsed: None
) -> None:
    (extract / "cases.csv").unlink()
    write_parquet(extract / "cases.parquet")
    assert stopped_by(folder, SOSDATA_SOURCE_DIR=extract) is None
    cells = CASE | {"client_id": SECRET}
    assert loaded_cases(folder) == [(*(cells.get(column, "") for column in OURS), None)]


def test_folder_of_parts_is_read(folder: Path, extract: Path, parsed: None) -> None:
    (extract / "cases.csv").unlink()
    parts = extract / "cases.parquet"
    write_parquet(parts / "part-0.snappy.parquet", case_id="1::int")
    write_parquet(parts / "unit=u" / "organiser_code=1" / "part-1.parquet", case_id="2::bigint")
    write_parquet(parts / "part-2.parquet", case_id="3", extra=", 'a' as unit", closed_on="null")
    write_parquet(parts / "_temporary" / "part-3.parquet")
    (parts / "_SUCCESS").touch()
    (parts / ".part-0.snappy.parquet.crc").write_text("x")
    assert stopped_by(folder, SOSDATA_SOURCE_DIR=extract) is None
    found = loaded_cases(folder, "case_id, organiser_code, unit")
    assert found == [(1, "", None), (2, "", None), (3, "", "a")]


def cut(path: Path) -> None:
    write_parquet(path)
    path.write_bytes(path.read_bytes()[:-30])


def damage(path: Path) -> None:
    write_parquet(path)
    content = bytearray(path.read_bytes())
    content[20:60] = b"\xff" * 40
    path.write_bytes(content)


def latin1(path: Path) -> None:
    write_parquet(path, client_id=f"'{SECRET}\\xE5'::blob")


def with_part(write: Callable[[Path], object]) -> Callable[[Path], None]:
    """A folder of a right part and the given one."""

    def write_both(path: Path) -> None:
        write_parquet(path / "a.parquet")
        write(path / "b.parquet")

    return write_both


WRONG_PARQUET = {
    "bytes that are no UTF-8": (latin1, "not UTF-8 in the column client_id of row 1"),
    "a column missing": (partial(write_parquet, skip="case_id"), "has no column case_id"),
    "a part without a column": (
        with_part(partial(write_parquet, skip="case_id")),
        "cases.parquet/b.parquet has no column case_id",
    ),
    "damaged": (damage, "cases.parquet cannot be read as Parquet"),
}
MORE_WRONG_PARQUET = {
    "cut short": (cut, "cannot be read as Parquet"),
    "CSV": (lambda path: path.write_text(LINES), "cannot be read as Parquet"),
    "empty": (lambda path: path.touch(), "cannot be read as Parquet"),
    "encrypted": (lambda path: path.write_bytes(b"PARE" * 30), "cannot be read as Parquet"),
    "no part": (lambda path: path.mkdir(), "the folder cases.parquet holds no part"),
    "a damaged part": (with_part(damage), "cases.parquet/b.parquet cannot be read"),
    "a part that is no UTF-8": (with_part(latin1), "cases.parquet/b.parquet is not UTF-8"),
    "a part of other types": (
        with_part(partial(write_parquet, closed_on="date '2020-01-01'")),
        "cases.parquet/b.parquet: the column closed_on is of another type",
    ),
}


def assert_parquet_is_named(
    folder: Path, extract: Path, write: Callable[[Path], object], told: str
) -> None:
    (extract / "cases.csv").unlink()
    write(extract / "cases.parquet")
    message = stopped_by(folder, SOSDATA_SOURCE_DIR=extract)
    assert message is not None and told in message
    assert_nothing_is_kept(folder, message)


@pytest.mark.parametrize("case", WRONG_PARQUET)
def test_parquet_that_cannot_be_read_is_named(
    case: str, folder: Path, extract: Path, parsed: None
) -> None:
    assert_parquet_is_named(folder, extract, *WRONG_PARQUET[case])


@pytest.mark.parametrize("case", MORE_WRONG_PARQUET)
@pytest.mark.long
def test_siblings_of_wrong_parquet_are_named(
    case: str, folder: Path, extract: Path, parsed: None
) -> None:
    assert_parquet_is_named(folder, extract, *MORE_WRONG_PARQUET[case])


WRONG_PLACES = {
    "no file": (
        lambda extract: (extract / "cases.csv").unlink(),
        "has no cases.csv and no cases.parquet",
    ),
    "both formats": (
        lambda extract: write_parquet(extract / "cases.parquet"),
        "has both cases.csv and cases.parquet",
    ),
    "name in another case": (
        lambda extract: (extract / "cases.csv").rename(extract / "Cases.csv"),
        "has Cases.csv, whose name must be written cases.csv",
    ),
    "a folder as CSV": (
        lambda extract: (extract / "cases.csv").unlink() or (extract / "cases.csv").mkdir(),
        "cases.csv is a folder",
    ),
}


@pytest.mark.parametrize("case", WRONG_PLACES)
@pytest.mark.long
def test_missing_file_is_named(case: str, folder: Path, extract: Path, parsed: None) -> None:
    spoil, told = WRONG_PLACES[case]
    spoil(extract)
    assert told in stopped_by(folder, SOSDATA_SOURCE_DIR=extract)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("", "SOSDATA_SOURCE_DIR is set but empty"),
        pytest.param(" ", "SOSDATA_SOURCE_DIR is set but empty", marks=pytest.mark.long),
        ("nowhere", "the folder nowhere (SOSDATA_SOURCE_DIR) does not exist"),
        pytest.param("dbt_project.yml", "is a file, not a folder", marks=pytest.mark.long),
    ],
)
def test_folder_that_is_none_is_named(place: str, told: str, folder: Path, parsed: None) -> None:
    assert told in stopped_by(folder, SOSDATA_SOURCE_DIR=place)


def test_demo_that_is_not_there_is_named(folder: Path, parsed: None, tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    demo.mkdir()
    places = {"SOSDATA_DEMO_DIR": demo, "SOSDATA_DUCKDB_PATH": demo / "sosdata.duckdb"}
    message = stopped_by(folder, SOSDATA_SOURCE_DIR=None, **places)
    assert f"the demo extract {demo}/extract does not exist" in message
    assert "make demo" in message


def test_demo_is_not_built_into_a_database_that_may_be_real(
    folder: Path, parsed: None, tmp_path: Path
) -> None:
    message = stopped_by(folder, SOSDATA_SOURCE_DIR=None, SOSDATA_DEMO_DIR=tmp_path / "demo")
    assert "SOSDATA_SOURCE_DIR is not set, and the demo is built into" in message


def test_missing_organisers_are_counted_before_anything_is_built(
    folder: Path, extract: Path, parsed: None
) -> None:
    message = stopped_by(folder, {"organiser_code": ""}, SOSDATA_SOURCE_DIR=extract)
    assert "organiser_code is not set, and 1 rows name no organiser" in message


def test_unknown_setting_stops_any_build(folder: Path, extract: Path, parsed: None) -> None:
    message = stopped_by(folder, {"follow_up_period": "2024Q1"}, SOSDATA_SOURCE_DIR=extract)
    assert "'follow_up_period' is not a setting" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_file_that_may_not_be_read_is_named(folder: Path, extract: Path, parsed: None) -> None:
    (extract / "cases.csv").chmod(0)
    assert "cases.csv may not be read" in stopped_by(folder, SOSDATA_SOURCE_DIR=extract)


FOLDERS = ["a*b?", "~", "it's {a,b} 100% #ä", "~home", ' "quoted" ', "%s", "s3:", "{{ x }}", "["]


@pytest.mark.parametrize(
    "names",
    [["organiser_code=1/ext[12]"], pytest.param(FOLDERS, marks=pytest.mark.long)],
    ids=["some", "more"],
)
def test_folder_is_a_name(
    names: list[str], folder: Path, tmp_path: Path, parsed: None, subtests: pytest.Subtests
) -> None:
    other = tmp_path / "organiser_code=1" / "ext1"
    write_extract(other, {"cases": [CASE | {"case_id": "another folder's"}]})
    for name in names:
        with subtests.test(name):
            extract = write_extract(tmp_path / name, {"cases": [CASE]})
            write_parquet(extract / "clients.parquet" / "unit=1" / "p.parquet", extra=CLIENTS)
            (extract / "clients.csv").unlink()
            assert stopped_by(folder, SOSDATA_SOURCE_DIR=extract) is None
            assert loaded_cases(folder, "case_id, organiser_code, unit") == [("1", None, None)]


@pytest.mark.parametrize("name", ["back\\slash", "back\\sl[ash"])
@pytest.mark.long
def test_folder_with_a_backslash_holds_files_only(
    name: str, folder: Path, tmp_path: Path, parsed: None
) -> None:
    extract = write_extract(tmp_path / name, {"cases": [CASE]})
    assert stopped_by(folder, SOSDATA_SOURCE_DIR=extract) is None
    write_parquet(extract / "cases.parquet" / "p.parquet")
    (extract / "cases.csv").unlink()
    assert "with a backslash in its name" in stopped_by(folder, SOSDATA_SOURCE_DIR=extract)


CLIENTS = "".join(f", '' as {column}" for column in COLUMNS["clients"] if column not in OURS)


WRONG_TABLES = [
    ("alter table raw.cases add column if not exists unit text", None),
    (
        'alter table raw.cases rename unit to "Unit"',
        'the column "Unit", whose name must be in lower',
    ),
    ('alter table raw.cases drop "Unit"', None),
    ('alter table raw.cases rename case_id to "CASE_ID"', "in lower case: case_id"),
    ('alter table raw.cases rename "CASE_ID" to key', "raw.cases has no column case_id."),
    ("create role reader login", "the role reader may not read it"),
    ("grant usage on schema raw to reader", "raw.clients is there, but the role reader may not"),
    ("grant select on all tables in schema raw to reader", "raw.cases has no column case_id."),
    ("revoke select on raw.cases from reader", "raw.cases is there, but the role reader may not"),
    ("grant insert on raw.cases to reader", "raw.cases is there, but the role reader may not"),
]


@pytest.mark.engines
@pytest.mark.xdist_group("postgres")
def test_table_that_cannot_be_read_is_named(tmp_path: Path, subtests: pytest.Subtests) -> None:
    engine = Postgres(tmp_path)
    engine.load({})
    engine.execute("create schema sosdata; grant all on schema sosdata to public")
    select = ["run", "--select", "int_follow_up_periods"]
    try:
        for statement, told in WRONG_TABLES:
            engine.execute(statement)
            if "role reader" in statement:
                engine.environment["SOSDATA_POSTGRES_USER"] = "reader"
            with subtests.test(statement):
                result = engine.dbt(select, {})
                assert told is None or told in str(result.exception)
                assert result.success == (told is None)
    finally:
        engine.stop()


WRONG_SETTINGS = [
    ({"follow_up_periods": ["2024Q1", "2024Q5"]}, "follow_up_periods: '2024Q5' is not a quarter"),
    ({"follow_up_periods": "24Q1"}, "follow_up_periods: '24Q1' is not a quarter"),
    ({"follow_up_periods": ["3000Q1"]}, "follow_up_periods: '3000Q1' is not a quarter"),
    ({"extracted_on": "2024-02-30"}, "extracted_on: '2024-02-30' is not a date"),
    ({"period_gap_days": -1}, "period_gap_days: '-1' is not a whole number"),
    ({"sections": ["I", "II"]}, "section III is mandatory"),
    ({"sections": ["I", "II", "III", "VI"]}, "'VI' is not a section"),
    ({"decision_scope": ["negative"]}, "decision_scope: 'negative' is not a limit"),
    ({"delivery_formats": ["csv", "xml"]}, "delivery_formats: 'xml' is not a format"),
    ({"delivery_formats": []}, "delivery_formats is empty"),
    ({"delivery_delimiter": "|"}, "delivery_delimiter: '|' is none of , comma ; semicolon tab."),
    ({"delivery_encoding": "latin-1"}, "delivery_encoding: 'latin-1' is none of utf-8 utf-8-sig."),
    ({"delivery_line_end": "cr"}, "delivery_line_end: 'cr' is none of lf crlf."),
    ({"delivery_header_language": "no"}, "delivery_header_language: 'no' is none of en sv fi."),
    ({"record_schema": "main_delivery"}, "record_schema: 'main_delivery' is a schema of the build"),
    ({"max_rejected_share": "5 %"}, "max_rejected_share: '5 %' is not a share"),
    ({"allow_provisional_codes": "perhaps"}, "allow_provisional_codes: 'perhaps' is neither"),
]


@pytest.mark.parametrize(("chosen", "told"), WRONG_SETTINGS, ids=[t for _, t in WRONG_SETTINGS])
@pytest.mark.long
def test_wrong_setting_is_named(chosen: dict, told: str, tmp_path: Path, extract: Path) -> None:
    message = stopped_by(tmp_path, chosen, SOSDATA_SOURCE_DIR=extract)
    assert message is not None and told in message


def test_period_that_is_no_quarter_is_named(tmp_path: Path, extract: Path) -> None:
    chosen, told = WRONG_SETTINGS[0]
    assert told in stopped_by(tmp_path, chosen, SOSDATA_SOURCE_DIR=extract)
