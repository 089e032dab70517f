"""What the steward is told before anything is built, and what is read from files as they stand."""

import duckdb
import pytest

from warehouse import COLUMNS, stopped_by, write_extract

CASE = {"source_system": "sys_a", "case_id": "1", "client_id": "k1", "service_task_code": "10"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reading")


@pytest.fixture
def extract(tmp_path):
    return write_extract(tmp_path / "extract", {"cases": [CASE]})


def header(table: str) -> str:
    return ",".join(COLUMNS[table])


def replace(extract, table: str, content: str | bytes) -> None:
    content = content.encode() if isinstance(content, str) else content
    (extract / f"{table}.csv").write_bytes(content)


WRONG_FILES = {
    "nothing in it": ("", "cases.csv is empty"),
    "no column": (
        header("cases").replace(",closed_on", "") + "\n",
        "cases.csv has no column closed_on",
    ),
    "header in another case": (
        header("cases").replace("case_id", "Case_ID") + "\n",
        "the column 'Case_ID' must be written case_id",
    ),
    "column twice": (header("cases") + ",case_id\n", "has the column case_id more than once"),
    "semicolons": (
        header("cases").replace(",", ";") + "\n",
        "cases.csv is parted by semicolons",
    ),
    "open quotation mark": (header("cases") + '\nsys_a,"1,k1,,10,,,\n', "never closed"),
    "quotation mark inside": (
        header("cases") + '\nsys_a,"1"x"",k1,,10,,,\n',
        "line 2 has a quotation mark",
    ),
    "a cell too many": (header("cases") + "\nsys_a,1,k1,,10,,,,x\n", "line 2 has more cells"),
    "a cell too few": (header("cases") + "\n\nsys_a,1,k1,,10,,\n", "line 3 has fewer cells"),
    "Latin-1": (
        (header("cases") + "\nsys_å,1,k1,,10,,,\n").encode("latin-1"),
        "cases.csv is not UTF-8",
    ),
    "two kinds of line ends": (
        header("cases") + "\r\na,1,k1,,10,,,\nb,2,k1,,10,,,\r\n",
        "Windows way",
    ),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_file_that_cannot_be_read_is_named(case, folder, extract):
    content, told = WRONG_FILES[case]
    replace(extract, "cases", content)
    message = stopped_by(folder, SOSDATA_SOURCE_DIR=extract)
    assert message is not None and told in message
    assert "k1" not in message, "a message must not quote the extract"


def test_missing_file_is_named(folder, extract):
    (extract / "decisions.csv").unlink()
    message = stopped_by(folder, SOSDATA_SOURCE_DIR=extract)
    assert "has no decisions.csv and no decisions.parquet" in message


def test_file_in_both_formats_is_named(folder, extract):
    duckdb.execute(f"copy (select 1 as x) to '{extract / 'cases.parquet'}'")
    message = stopped_by(folder, SOSDATA_SOURCE_DIR=extract)
    assert "has both cases.csv and cases.parquet" in message


def test_parquet_without_a_column_is_named(folder, extract):
    (extract / "cases.csv").unlink()
    duckdb.execute(f"copy (select 'a' as source_system) to '{extract / 'cases.parquet'}'")
    message = stopped_by(folder, SOSDATA_SOURCE_DIR=extract)
    assert "cases.parquet has no column case_id" in message


def loaded_cases(folder) -> list[tuple]:
    with duckdb.connect(str(folder / "sosdata.duckdb"), read_only=True) as connection:
        return connection.execute(
            f"select {header('cases')} from loaded_extract.cases order by case_id"
        ).fetchall()


NASTY = [
    CASE | {"case_id": "1", "client_id": 'said "no", twice'},
    CASE | {"case_id": "2", "client_id": "line\nbreak and\r\nanother"},
    CASE | {"case_id": "3", "client_id": "x" * 1_000_000},
    CASE | {"case_id": "4'; drop table cases; --", "client_id": "{{ 1/0 }}"},
    CASE | {"case_id": "5", "client_id": "å ä ö \u00a0\u2028 \U0001f600"},
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "byte-order mark"])
def test_cells_are_read_as_they_stand(line_end, mark, folder, tmp_path):
    extract = write_extract(tmp_path / "extract", {"cases": NASTY}, line_end)
    file = extract / "cases.csv"
    file.write_bytes(mark + file.read_bytes())
    assert stopped_by(folder, SOSDATA_SOURCE_DIR=extract) is None
    assert loaded_cases(folder) == [tuple(row.get(c) for c in COLUMNS["cases"]) for row in NASTY]


def test_parquet_and_columns_in_another_order_are_read(folder, extract):
    (extract / "cases.csv").unlink()
    columns = ", ".join(f"'{CASE.get(c, '')}' as {c}" for c in reversed(COLUMNS["cases"]))
    duckdb.execute(f"copy (select 1 as extra, {columns}) to '{extract / 'cases.parquet'}'")
    assert stopped_by(folder, SOSDATA_SOURCE_DIR=extract) is None
    assert loaded_cases(folder) == [tuple(CASE.get(c, "") for c in COLUMNS["cases"])]


WRONG_SETTINGS = [
    ({"follow_up_periods": ["2024Q1", "2024Q5"]}, "follow_up_periods: '2024Q5' is not a quarter"),
    ({"follow_up_periods": "24Q1"}, "follow_up_periods: '24Q1' is not a quarter"),
    ({"follow_up_periods": ["3000Q1"]}, "follow_up_periods: '3000Q1' is not a quarter"),
    ({"extracted_on": "2024-02-30"}, "extracted_on: '2024-02-30' is not a date"),
    ({"period_gap_days": -1}, "period_gap_days: '-1' is not a whole number"),
    ({"sections": ["I", "II"]}, "section III is mandatory"),
    ({"sections": ["I", "II", "III", "VI"]}, "'VI' is not a section"),
    ({"decision_scope": ["negative"]}, "decision_scope: 'negative' is not a limit"),
    ({"max_rejected_share": "5 %"}, "max_rejected_share: '5 %' is not a share"),
    ({"allow_provisional_codes": "perhaps"}, "allow_provisional_codes: 'perhaps' is neither"),
]


@pytest.mark.parametrize(("chosen", "told"), WRONG_SETTINGS, ids=[t for _, t in WRONG_SETTINGS])
@pytest.mark.long
def test_wrong_setting_is_named(chosen, told, tmp_path, extract):
    message = stopped_by(tmp_path, chosen, SOSDATA_SOURCE_DIR=extract)
    assert message is not None and told in message


def test_period_that_is_no_quarter_is_named(tmp_path, extract):
    chosen, told = WRONG_SETTINGS[0]
    assert told in stopped_by(tmp_path, chosen, SOSDATA_SOURCE_DIR=extract)
