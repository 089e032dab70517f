"""Bad content never stops the build, and no row is lost: the build agrees with the slow reading."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from messy_extracts import messy_extract
from test_slow_reading import BASE, MORE_SEED_ROWS, compare_tables
from warehouse import COLUMNS, TABLES, Compiled, compile_project

GARBAGE = {
    "nothing at all": "",
    "no-break spaces": "\u00a0 \u2007",
    "a quotation mark": '"',
    "SQL": "'; drop table clients; --",
    "Jinja": "{{ 1 / 0 }}{% raw %}",
    "a line break": "a\nb\r\nc",
    "zero day": "0000-00-00",
    "day in another order": "31.2.2024",
    "day that is none": "2024-02-30",
    "infinity": "infinity",
    "full-width digits": "２０２４-０１-０１",
    "date with a time": "2024-01-01 00:00:00",
    "far future": "9999-12-31",
    "far past": "0001-01-01",
    "number": "-1e309",
    "percent and underscore": "%_%",
    "emoji and combining marks": "\U0001f9d1\u200d\U0001f9bd e\u0301",
    "a megabyte": "x" * 1_000_000,
    "upper-case mark": "TRUE",
    "quarter": "2024Q1",
}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> Iterator[Compiled]:
    build = compile_project(tmp_path_factory.mktemp("bad"), seeded, BASE, MORE_SEED_ROWS)
    yield build
    build.connection.close()


@pytest.mark.parametrize("kind", GARBAGE)
def test_every_cell_of_a_row_garbage(build: Compiled, kind: str) -> None:
    tables = messy_extract(3, persons=10)
    for table, columns in COLUMNS.items():
        tables[table] = [*tables[table], dict.fromkeys(columns, GARBAGE[kind])]
    compare_tables(build, BASE, tables, kind, shown=200)


@pytest.mark.parametrize("table", TABLES)
def test_one_cell_of_a_row_garbage(build: Compiled, table: str) -> None:
    tables = messy_extract(4)
    rows = [row for row in tables[table] if row[TABLES[table]]]
    spoiled = []
    for number, (column, kind) in enumerate((c, k) for c in COLUMNS[table] for k in GARBAGE):
        row = dict(rows[number % len(rows)])
        row[TABLES[table]] = f"spoiled {number}"
        spoiled.append(row | {column: GARBAGE[kind][:50]})
    tables[table] = tables[table] + spoiled
    compare_tables(build, BASE, tables, table)


def test_empty_extract(build: Compiled) -> None:
    compare_tables(build, BASE, {table: [] for table in TABLES}, "empty")
    assert build.rows("select count(*), sum(rows_in) from quality_reconciliation") == [(6, 0)]
    assert build.rows("select distinct status from quality_rule_results") == [("not_applicable",)]


@pytest.mark.parametrize("table", TABLES)
def test_one_table_without_rows(build: Compiled, table: str) -> None:
    compare_tables(build, BASE, messy_extract(5) | {table: []}, table)


def test_personal_identity_code_in_lower_case_is_malformed(build: Compiled) -> None:
    tables = messy_extract(6)
    coded = [
        row
        for row in tables["clients"]
        if re.fullmatch(".{10}[A-Y]", row["personal_identity_code"] or "")
    ]
    for row in coded:
        row["personal_identity_code"] = row["personal_identity_code"].lower()
    assert coded
    compare_tables(build, BASE, tables, "lower case")


def test_lists_hold_no_personal_identity_code(build: Compiled) -> None:
    """Also where a source puts codes in ids and in columns of other things (Q5)."""
    tables = messy_extract(7)
    code = "010199-9998"
    for table, columns in COLUMNS.items():
        row = dict.fromkeys(columns, f"text {code} and {code.lower()}")
        tables[table] = [*tables[table], row, row | {"source_system": "sys_a"}]
    build.build(tables)
    form = re.compile("[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]", re.IGNORECASE)
    for relation in ("quality_violations", "quality_rule_results", "quality_reconciliation"):
        cells = [cell for row in build.rows(f"select * from {relation}") for cell in row]
        shown = [cell for cell in cells if isinstance(cell, str) and form.search(cell)]
        assert shown == [], relation
    balances = build.rows(
        "select * from quality_reconciliation"
        " where rows_in <> rows_used + rows_rejected + rows_out_of_scope + rows_duplicate"
    )
    assert balances == []


WRITINGS = (
    *("010199-9998", "010199-999a", "010199\u20139998", "010199\u20119998", "010199 9998"),
    *("010199_9998", "0101999998", "01011999-9998", "01.01.1999-9998", "1999-01-01-9998"),
    *("010199\u200b-9998", "010199 - 9998", "010199A999F"),
)
UUID = "1d6e6958-7dec-45c0-a382-1107162054fc"
NO_CODES = (
    *("1.2.246.10.10615121.10.1", UUID, "C0000123-10"),
    *("2005-06-30 00:00:00", "2024-01-05T12:30:00Z", "31.2.2024"),
)


def test_codes_in_any_writing_are_masked_and_other_ids_are_not(build: Compiled) -> None:
    cases = [
        {"source_system": "sys_a", "case_id": text, "closed_on": f"on {text}"}
        for text in WRITINGS + NO_CODES
    ]
    build.build(messy_extract(8, persons=3) | {"cases": cases})
    for column, rule, before in (("row_id", "CA03", ""), ("observed_value", "CA08", "on ")):
        shown = build.rows(f"select {column} from quality_violations where rule_id = '{rule}'")
        masked = [f"{before}[personal identity code]"] * len(WRITINGS)
        # A UUID is known where it stands alone.
        kept = [before + text for text in NO_CODES if not (before and text == UUID)]
        found = [text for (text,) in shown if not text.startswith(f"on {UUID[:8]}")]
        assert Counter(found) == Counter(masked + kept), column
