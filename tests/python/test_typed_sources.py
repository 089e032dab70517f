"""Typed columns count as their text, whatever the settings of the session (C5a)."""

import datetime
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from messy_extracts import identity_code
from test_slow_reading import BASE
from warehouse import COLUMNS, Compiled, compile_project, run_dbt, stopped_by

CODE = identity_code(datetime.date(1999, 3, 31), "-", 901)
MOMENTS = [
    ("2024-01-02 00:00:00+00", "2024-01-02 00:00:00+00"),
    ("2024-01-02 00:00:00+02", "2024-01-01 22:00:00+00"),
    ("2024-07-02 10:30:00.123456+00", "2024-07-02 10:30:00.123456+00"),
]
# A column: its type in the engine, and of each row an SQL literal and the text that it counts as.
Column = tuple[str, list[tuple[str | None, str | None]]]


def typed(kind: str, *cells: str | tuple[str, str]) -> Column:
    """Cells that count as what is written in them, or as the second of two."""
    return kind, [cell if isinstance(cell, tuple) else (cell, cell) for cell in cells]


def whole(tables: dict[str, dict[str, Column]], text: str) -> dict[str, dict[str, Column]]:
    """Every column of the contract in its order, each as long as the longest; the rest is empty."""
    filled = {}
    for table, columns in COLUMNS.items():
        given = {"source_system": typed(text, "sys")} | tables[table]
        height = max(len(cells) for _, cells in given.values())
        filled[table] = {}
        for column in columns:
            kind, cells = given.get(column, (text, []))
            more = cells[-1] if column == "source_system" else (None, None)
            filled[table][column] = kind, cells + [more] * (height - len(cells))
    return filled


def as_texts(tables: dict[str, dict[str, Column]]) -> dict[str, list[dict]]:
    """The extract with every cell as the text that it must count as."""
    return {
        table: [
            dict(zip(columns, row, strict=True))
            for row in zip(*([t for _, t in cells] for _, cells in columns.values()), strict=True)
        ]
        for table, columns in tables.items()
    }


def typed_query(columns: dict[str, Column]) -> str:
    """The rows of one table with their types, as a query that reads nothing."""
    height = len(next(iter(columns.values()))[1])
    rows = [
        ", ".join(
            f"{literal(kind, cells[row][0])} as {column}"
            for column, (kind, cells) in columns.items()
        )
        for row in range(height)
    ]
    return " union all ".join(f"select {row}" for row in rows)


def literal(kind: str, cell: str | None) -> str:
    value = "null" if cell is None else cell if "'" in cell else f"'{cell}'"
    return f"cast({value} as {kind})" if kind else value


def rows_of_staging(query: Callable[[str], list[tuple]]) -> dict[str, Counter]:
    """The rows of each staging model; `query` gives the rows of a relation."""
    return {
        table: Counter(tuple(None if c is None else str(c) for c in row) for row in rows)
        for table in COLUMNS
        for rows in [query(f"stg_extract__{table}")]
    }


FILES = {
    "clients": {
        "source_system": typed("enum('sys')", "sys"),
        "client_id": typed("bigint", "42", "9007199254740993", "0"),
        "personal_identity_code": typed("blob", CODE),
        "home_municipality_code": typed("integer", "837", "91"),
        "sex_code": typed("decimal(3, 1)", ("2.0", "2"), "2.5", ("10.0", "10")),
        "updated_at": typed(
            "timestamptz",
            *MOMENTS,
            "infinity",
            "0044-03-15 (BC) 00:00:00+00",
            ("10000-01-01 00:00:00+00", "10000-01-01 00:00:00+00"),
        ),
        "unit": typed("uuid", "5f5f3d0e-7c8e-4c0e-9d55-2f3f5d0b1a11"),
    },
    "cases": {
        "case_id": typed("double", ("42", "42"), ("1e15", "1000000000000000"), "0.5", "-1.25"),
        "client_id": typed("decimal(18, 0)", "42", "42", "42", "42"),
        "service_task_code": typed(
            "double", ("3.0", "3"), ("nan", "NaN"), ("-inf", "-Infinity"), ("-0.0", "0")
        ),
        "opened_on": typed(
            "date", "2024-01-02", "infinity", "0044-03-15 (BC)", "12024-01-01", "1900-01-01"
        ),
        "closed_on": typed(
            "timestamp",
            ("2024-01-31", "2024-01-31 00:00:00"),
            ("2024-01-31 10:00:00.12", "2024-01-31 10:00:00.12"),
            "-infinity",
        ),
        "opened_before_2020": typed("boolean", "false", "true"),
        "unit": typed("", *[(None, None)] * 6),
    },
    "child_protection_relationships": {
        "relationship_id": typed("ubigint", "42", "18446744073709551615"),
        "client_id": typed("double", "42", "42", "42"),
        "started_on": typed("timestamptz", *MOMENTS),
        "ended_on": typed("timestamp_ms", ("2024-02-01", "2024-02-01 00:00:00")),
        "started_before_2020": typed("integer", "1", "0", "2"),
    },
    "decisions": {
        "decision_id": typed("uuid", "5f5f3d0e-7c8e-4c0e-9d55-2f3f5d0b1a11"),
        "client_id": typed("float", "42", "42.5"),
        "social_service_code": typed("smallint", "31"),
        "service_task_code": typed("utinyint", "1"),
        "decided_on": typed("date", "2024-01-02", "1000-02-28"),
        "valid_from": typed("timestamp_ns", ("2024-01-02", "2024-01-02 00:00:00")),
        "valid_until": typed("timestamptz_ns", *MOMENTS),
        "decision_type_code": typed("decimal(5, 2)", ("1.00", "1"), "1.50", "0.05"),
    },
    "services_received": {
        "record_id": typed("time", "10:00:00"),
        "client_id": typed("bigint", "42"),
        "follow_up_period": typed("date", "2024-01-01"),
        "unit": typed("interval", ("2 days", "2 days")),
    },
    "identity_changes": {
        "change_id": typed("double", "1.5", ("1e20", "100000000000000000000")),
        "old_personal_identity_code": typed("blob", CODE, CODE),
        "changed_on": typed("timestamp_s", ("2024-01-02", "2024-01-02 00:00:00")),
    },
}
# What tables alone can hold. Of files, bytes are text, or are named as what is none.
TABLES = FILES | {
    "clients": FILES["clients"] | {"unit": typed("blob", (r"\xC3\xA9", "é"), r"\xC3", "a")},
    "decisions": FILES["decisions"]
    | {
        "decision_id": typed("hugeint", "170141183460469231731687303715884105727"),
        "unit": typed("char(3)", "ab "),
        "decision_type_code": typed("", *[(None, None)] * 3),
    },
}
UNREADABLE = {
    ("CA06", "infinity"),
    ("CA06", "12024-01-01"),
    ("CA06", "1900-01-01"),
    ("CA08", "2024-01-31 10:00:00.12"),
    ("CP06", "2024-01-02 00:00:00+00"),
    ("DE08", "1000-02-28"),
}


@pytest.fixture(scope="module")
def text_build(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> Iterator[Compiled]:
    build = compile_project(tmp_path_factory.mktemp("text"), seeded, BASE)
    yield build
    build.connection.close()


def staging_of_text(build: Compiled, tables: dict) -> dict[str, Counter]:
    """The staging rows of the extract whose every cell is text."""
    build.build(as_texts(tables))
    return rows_of_staging(lambda name: build.rows(f"from {name}"))


def assert_read_alike_in_all_zones(folder: Path, expected: dict[str, Counter]) -> None:
    """Views are read anew, as the session has it."""
    with duckdb.connect(str(folder / "sosdata.duckdb")) as database:
        for zone in ("UTC", "Europe/Helsinki", "Pacific/Kiritimati", "America/St_Johns"):
            database.execute(f"set timezone = '{zone}'")
            found = rows_of_staging(lambda name: database.execute(f"from {name}").fetchall())
            assert found == expected, zone


def test_typed_files_are_read_as_their_text(
    tmp_path: Path, seeded: Path, text_build: Compiled
) -> None:
    tables = whole(FILES, "varchar")
    (tmp_path / "extract").mkdir()
    for table, columns in tables.items():
        file = tmp_path / "extract" / f"{table}.parquet"
        duckdb.sql(f"copy ({typed_query(columns)}) to '{file}'")
    shutil.copy(seeded, tmp_path / "sosdata.duckdb")
    built = run_dbt(tmp_path, ["run", "--select", "staging"], BASE)
    assert built.success, built.exception or [result.message for result in built.result]
    assert_read_alike_in_all_zones(tmp_path, staging_of_text(text_build, tables))
    listed = text_build.rows("select rule_id, observed_value from quality_violations")
    assert set(listed) >= UNREADABLE


def test_typed_tables_are_read_as_their_text(
    tmp_path: Path, seeded: Path, text_build: Compiled
) -> None:
    tables = whole(TABLES, "varchar")
    shutil.copy(seeded, tmp_path / "sosdata.duckdb")
    with duckdb.connect(str(tmp_path / "sosdata.duckdb")) as database:
        database.execute("create schema raw")
        for table, columns in tables.items():
            database.execute(f"create table raw.{table} as {typed_query(columns)}")
    built = run_dbt(tmp_path, ["run", "--select", "staging"], BASE | {"source_schema": "raw"})
    assert built.success, built.exception or [result.message for result in built.result]
    assert_read_alike_in_all_zones(tmp_path, staging_of_text(text_build, tables))


def test_bytes_of_a_file_that_are_no_text_are_named(tmp_path: Path, seeded: Path) -> None:
    (tmp_path / "extract").mkdir()
    for table, columns in whole(TABLES, "varchar").items():
        file = tmp_path / "extract" / f"{table}.parquet"
        duckdb.sql(f"copy ({typed_query(columns)}) to '{file}'")
    told = stopped_by(tmp_path, BASE)
    assert "clients.parquet is not UTF-8 in the column unit of row 2." in told
