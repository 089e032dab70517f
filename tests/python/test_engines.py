"""PostgreSQL and Spark against DuckDB: the same rows in relations, the same bytes in files."""

import csv
import json
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from unittest import mock

import duckdb
import pytest
from dbt.cli.main import dbtRunnerResult

import analysis
import deliver
import freeze
import lists
import record
from build import DEMO_VARS
from demo_extract import write_tables
from engines import ENGINES, Engine, Postgres
from messy_extracts import messy_extract
from test_deliver import contents
from test_history import SmallProject, history_grows
from test_pseudonyms import KEY, OTHERS, RFC_4231, digest, hash_of, places_of
from test_slow_reading import BASE, EXPECTED, MORE_SEED_ROWS, TESTS_OF_EXTRACT
from test_typed_sources import (
    CODE,
    MOMENTS,
    rows_of_staging,
    staging_of_text,
    typed,
    typed_query,
    whole,
)
from test_typed_sources import as_texts as texts_of
from warehouse import (
    COLUMNS,
    PROJECT,
    ROOMS,
    Compiled,
    compile_project,
    find_by_name,
    read_seeds,
    run_dbt,
    schema_of,
    write_extract,
)

pytestmark = pytest.mark.engines
ANALYTICS = sorted(name for name, room in ROOMS.items() if room == "_analytics")
RELATIONS = [
    *deliver.SECTIONS.values(),
    "delivery_changes",
    "delivery_changes_summary",
    "delivery_lineage",
    "delivery_note",
    "delivery_provisional_codes",
    "delivery_register_figures",
    *ANALYTICS,
    "quality_violations",
    "quality_measures",
    "quality_rule_results",
    "quality_reconciliation",
    "quality_rejected_shares",
    "quality_unexpected_sources",
    "quality_follow_ups",
    "quality_violation_changes",
    "code_map_proposals",
]
# Those of a right extract of which nothing was delivered before.
EMPTY = {"quality_unexpected_sources", "delivery_changes", "delivery_changes_summary"}
FAILED = {"error", "fail", "runtime error"}
SEED_ROWS = MORE_SEED_ROWS | EXPECTED
ONE_MODEL = ["run", "--select", "int_follow_up_periods"]
WITHOUT_SEEDS = ["build", "--exclude-resource-types", "seed", "unit_test"]


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ENGINES],
)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    engine = ENGINES[request.param](tmp_path_factory.mktemp(request.param))
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def duckdb_build(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> Iterator[Compiled]:
    folder = tmp_path_factory.mktemp("duckdb")
    build = compile_project(folder, seeded, BASE, SEED_ROWS, SOSDATA_PSEUDONYM_SALT=KEY)
    yield build
    build.connection.close()


def as_texts(rows: Iterable[Iterable[object]]) -> Counter:
    return Counter(tuple(as_text(cell) for cell in row) for row in rows)


def as_text(cell: object) -> str | None:
    return str(cell).lower() if isinstance(cell, bool) else None if cell is None else str(cell)


def stopped_by(result: dbtRunnerResult, may_fail: set[str] = frozenset()) -> str:
    """Why a build did not pass; empty where it did, or where only tests failed that may."""
    results = [r for r in result.result or [] if r.status in FAILED and r.node.name not in may_fail]
    failed = [f"{r.node.name}: {r.message}" for r in results]
    return str(result.exception or failed or "")


def write_demo(folder: Path) -> dict[str, list[dict]]:
    """The demo's extract with national codes: its own seeds are DuckDB's alone."""
    made = folder.parent / "made"
    made.mkdir()
    write_tables(made, 3000, "csv")
    code_map = {
        (row["source_system"], row["classification"], row["local_code"]): row["national_code"]
        for row in read_seeds()["demo_code_map"]
    }
    tables = {}
    for table in COLUMNS:
        with (made / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            tables[table] = list(csv.DictReader(file))
        for row in tables[table]:
            for column in [name for name in row if name.endswith("_code")]:
                classification = column.removesuffix("_code").removeprefix("home_")
                local_code = (row["source_system"], classification, row[column].strip())
                row[column] = code_map.get(local_code, row[column])
    write_extract(folder, tables)
    return tables


def test_demo_is_built_tested_and_delivered_alike(
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    """All data tests and all unit tests run on the engine; its files have DuckDB's bytes."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("SOSDATA_PSEUDONYM_SALT", KEY)
    extract, here = tmp_path / "extract", tmp_path / "duckdb"
    engine.load(write_demo(extract))
    on_files = ["build", "--exclude-resource-types", "unit_test"]
    assert stopped_by(run_dbt(here, on_files, DEMO_VARS, SOSDATA_SOURCE_DIR=extract)) == ""
    built = engine.dbt(["build"], DEMO_VARS)
    assert stopped_by(built) == ""
    kinds = Counter(result.node.resource_type for result in built.result)
    assert kinds["unit_test"] > 40 and kinds["test"] > 60

    with duckdb.connect(str(here / "sosdata.duckdb"), read_only=True) as connection:
        find_by_name(connection)
        for relation in RELATIONS:
            expected = connection.execute(f"select * from {relation}").fetchall()
            found = engine.rows(f"select * from {engine.relation(relation)}")
            assert bool(expected) != (relation in EMPTY), relation
            assert as_texts(found) == as_texts(expected), relation

    database = {
        "SOSDATA_DUCKDB_PATH": here / "sosdata.duckdb",
        "SOSDATA_RECORD_PATH": tmp_path / "record.duckdb",
        "SOSDATA_SOURCE_DIR": extract,
    }

    def on_duckdb(*asked: str, place: str = "expected") -> int:
        return deliver_from(here, "duckdb", tmp_path / place, *asked, **database)

    def on_engine(*asked: str, place: str = "found") -> int:
        given = engine.environment
        return deliver_from(engine.folder, engine.name, tmp_path / place, *asked, **given)

    assert on_duckdb() == on_engine() == 0
    assert contents(tmp_path / "found") == contents(tmp_path / "expected")
    lists_are_alike(engine, here, tmp_path, database)
    deliveries_are_frozen_alike(engine, on_duckdb, on_engine, tmp_path, monkeypatch, capsys)

    changes_are_alike(engine, here, database)

    # What was listed is read back: nothing is new any more.
    again = ["run", "--select", "base_record__listed_violations+"]
    assert stopped_by(run_dbt(here, again, DEMO_VARS, **database)) == ""
    assert stopped_by(engine.dbt(again, DEMO_VARS)) == ""
    ((status, is_new, rows),) = engine.rows(
        "select status, first_listed_at is null, count(*)"
        f" from {engine.relation('quality_violation_changes')} group by 1, 2"
    )
    assert (status, is_new) == ("open", False) and rows > 100
    lists_are_alike(engine, here, tmp_path, database)


def lists_are_alike(
    engine: Engine, here: Path, folder: Path, database: dict[str, str | Path]
) -> None:
    expected, found = folder / "expected_lists", folder / "found_lists"
    assert lists_from(here, "duckdb", expected, **database) == 0
    assert lists_from(engine.folder, engine.name, found, **engine.environment) == 0
    assert csv_files(found) == csv_files(expected) and len(csv_files(found)) > 3


def csv_files(folder: Path) -> dict[str, bytes]:
    """Workbooks hold the second in which they were made."""
    return {name: cells for name, cells in contents(folder).items() if name.endswith(".csv")}


def lists_from(folder: Path, target_name: str, place: Path, **environment: str | Path) -> int:
    """Runs scripts/lists.py on what was built in `folder`."""
    with mock.patch.dict(os.environ, environment_of(folder, target_name, place, environment)):
        return lists.main()


def deliveries_are_frozen_alike(
    engine: Engine,
    on_duckdb: Callable[..., int],
    on_engine: Callable[..., int],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    """The same bytes but for the settings of the sources, checked, copied out and read back."""
    now = mock.Mock(wraps=datetime)
    now.now.return_value = datetime(2026, 1, 16, 12, 30, 1, 5, tzinfo=UTC)
    monkeypatch.setattr(freeze, "datetime", now)
    monkeypatch.setattr(record, "PATIENCE", 0.5)
    # The demo explains its measures only where it is built as the demo.
    monkeypatch.setattr(freeze, "stop_on_unexplained_measures", lambda *_: None)
    asked = ("freeze", "2025Q4", "--signed-by", "O'Hara \\ Ääni")
    assert on_duckdb(*asked) == on_engine(*asked) == 0
    expected, found = contents(folder / "expected"), contents(folder / "found")
    manifest = json.loads(found.pop("2025Q4/v1/manifest.json"))
    compared = json.loads(expected.pop("2025Q4/v1/manifest.json"))
    assert manifest["settings"].pop("source_schema") == "raw"
    assert compared["settings"].pop("source_schema") == ""
    assert manifest == compared and found == expected

    version = str(folder / "found" / "2025Q4" / "v1")
    assert on_engine("verify", version) == 0
    assert "manifest.json and the delivery record" in capsys.readouterr().out
    assert on_engine("rewrite", "2025Q4", "1", place="copied") == 0
    assert contents(folder / "copied" / "2025Q4") == {
        name.removeprefix("2025Q4/"): content
        for name, content in contents(folder / "found").items()
        if name.startswith("2025Q4/v1/")
    }
    assert on_engine(*asked) == 1
    assert "2025Q4, version 1 is frozen already" in capsys.readouterr().err
    assert on_engine(*asked, "--correction", "none") == 1
    assert "has the same rows as 2025Q4, version 1" in capsys.readouterr().err

    if isinstance(engine, Postgres):
        lock = "hashtext('sosdata delivery record'), hashtext('sosdata_record')"
        engine.execute(f"select pg_advisory_lock({lock})")
        assert on_engine("freeze", "2025Q3", "--signed-by", "a") == 1
        assert "another freeze is writing" in capsys.readouterr().err
        engine.execute(f"select pg_advisory_unlock({lock})")
        assert on_engine("freeze", "2025Q3", "--signed-by", "a") == 0

    staging = ["run", "--select", "path:models/staging/record"]
    assert stopped_by(engine.dbt(staging, DEMO_VARS)) == ""
    for section in deliver.SECTIONS.values():
        delivered = engine.relation(section.replace("sosdata_", "stg_record__delivered_"))
        counts = "select count(*), {} from {} where follow_up_period = '2025Q4'"
        [(rows, versions)] = engine.rows(counts.format("max(version)", delivered))
        assert [(rows, 1)] == engine.rows(counts.format("1", engine.relation(section)))


def changes_are_alike(engine: Engine, here: Path, database: dict[str, str | Path]) -> None:
    """Of rows that only the build has, only the record, or both with another end."""
    columns = "organiser_code, personal_identity_code, service_task_code, started_on"
    added = (
        "insert into {0} select follow_up_period, " + columns + ", date '2025-12-29'"
        " from {0} where follow_up_period = '2025Q4' and service_task_code in ('15', '20')"
    )
    delivered = (
        "insert into {0} select follow_up_period, version, " + columns + ", date '2025-12-30',"
        " freeze_id from {0} where follow_up_period = '2025Q4'"
        " and service_task_code in ('10', '20')"
    )
    built, kept = "sosdata_service_task_periods", "delivered_service_task_periods"
    with duckdb.connect(str(database["SOSDATA_DUCKDB_PATH"])) as connection:
        connection.execute(added.format(f"{schema_of(built, 'main')}.{built}"))
    with duckdb.connect(str(database["SOSDATA_RECORD_PATH"])) as connection:
        connection.execute(delivered.format(kept))
    engine.execute(added.format(engine.relation(built)))
    engine.execute(delivered.format(f"sosdata_record.{kept}"))

    command = ["run", "--select", "path:models/staging/record", "delivery_changes+"]
    assert stopped_by(run_dbt(here, command, DEMO_VARS, **database)) == ""
    assert stopped_by(engine.dbt(command, DEMO_VARS)) == ""
    with duckdb.connect(str(database["SOSDATA_DUCKDB_PATH"]), read_only=True) as connection:
        find_by_name(connection)
        for relation in ("delivery_changes", "delivery_changes_summary"):
            expected = connection.execute(f"select * from {relation}").fetchall()
            found = engine.rows(f"select * from {engine.relation(relation)}")
            assert as_texts(found) == as_texts(expected), relation
        kinds = connection.execute("select distinct change from delivery_changes").fetchall()
    assert len(kinds) == 4


def deliver_from(
    folder: Path, target_name: str, place: Path, *asked: str, **environment: str | Path
) -> int:
    """Runs scripts/deliver.py on what was built in `folder`."""
    with mock.patch.dict(os.environ, environment_of(folder, target_name, place, environment)):
        return deliver.main(asked)


def environment_of(
    folder: Path, target_name: str, place: Path, environment: dict[str, str | Path]
) -> dict[str, str]:
    places = {
        "DBT_TARGET": target_name,
        "DBT_TARGET_PATH": folder / "target",
        "DBT_PROFILES_DIR": folder,
        "SOSDATA_DELIVERY_DIR": place,
    }
    return {name: str(value) for name, value in (places | environment).items()}


def test_messy_extracts_are_built_alike(
    engine: Engine, duckdb_build: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOSDATA_PSEUDONYM_SALT", KEY)
    engine.load({})
    assert stopped_by(engine.dbt(["seed"], BASE)) == ""
    for table, rows in SEED_ROWS.items():
        engine.add_rows(table, rows)
    for seed in (101, 102, 103):
        tables = messy_extract(seed)
        duckdb_build.build(tables)
        engine.load(tables)
        built = engine.dbt(WITHOUT_SEEDS, BASE)
        assert stopped_by(built, TESTS_OF_EXTRACT) == ""
        for relation in RELATIONS:
            expected = duckdb_build.rows(f"select * from {relation}")
            found = engine.rows(f"select * from {engine.relation(relation)}")
            assert as_texts(found) == as_texts(expected), (seed, relation)


def test_seeds_stand_in_the_engine_as_in_their_files(engine: Engine) -> None:
    engine.load({})
    assert stopped_by(engine.dbt(["seed"], BASE)) == ""
    seeds = {seed: rows for seed, rows in read_seeds().items() if not seed.startswith("demo_")}
    assert not seeds["code_map"] and seeds["codes_sexes"]
    for seed, rows in seeds.items():
        columns = ", ".join(rows[0]) if rows else "*"
        found = engine.rows(f"select {columns} from {engine.relation(seed)}")
        expected = [[cell or None for cell in row.values()] for row in rows]
        assert as_texts(found) == as_texts(expected), seed


# Each is true on every engine. The servers stand in Helsinki's zone, where 31.3.2024 had no 3.30.
ENGINE_MACROS = [
    """{{ sosdata.matches("'a'", '^a$') }}""",
    """not {{ sosdata.matches("'a\n'", '^a$') }}""",
    """not {{ sosdata.matches("'ba'", '^a') }}""",
    """{{ sosdata.matches("'ba'", 'a') }}""",
    """{{ sosdata.cast_or_empty("'2024-02-29'", 'date') }} is not null""",
    """{{ sosdata.cast_or_empty("no_day", 'date') }} is null""",
    """{{ sosdata.cast_or_empty("'+02'", 'integer') }} = 2""",
    """{{ sosdata.cast_or_empty("no_day", 'integer') }} is null""",
    """{{ sosdata.first_match("'at 10:30+02'", '[+-][0-9]+$') }} = '+02'""",
    """coalesce({{ sosdata.first_match("'at 10:30'", '[+-][0-9]+$') }}, '') = ''""",
    """{{ sosdata.mask_pattern("'a1b22'", '[0-9]+', '#') }} = 'a#b#'""",
    """{{ sosdata.mask_pattern("'a1b'", '(a)1(b)', '{2}x{1}') }} = 'bxa'""",
    """{{ sosdata.is_of_form("'a1'", "'b|a[0-9]'") }}""",
    """not {{ sosdata.is_of_form("'a1\n'", "'b|a[0-9]'") }}""",
    """not {{ sosdata.is_of_form("'xb'", "'b|a[0-9]'") }}""",
    """{{ sosdata.in_one_case("'ÅÄÖåäöHki'") }} = 'åäöåäöhki'""",
    """{{ sosdata.holds_line_break("'a\nb'") }} and not {{ sosdata.holds_line_break("'a b'") }}""",
    """{{ sosdata.trimmed("'\u00a0\u2003å b\u0085\t'") }} = 'å b'""",
    """{{ sosdata.trimmed("'\ufeff a\ufeff'") }} = 'a\ufeff'""",
    """{{ sosdata.trimmed("'\u3000'") }} is null""",
    """{{ sosdata.add_days("cast('2024-02-28' as date)", 2) }} = cast('2024-03-01' as date)""",
    """{{ sosdata.add_days("cast('2024-01-01' as date)", -1) }} = cast('2023-12-31' as date)""",
    """{{ sosdata.add_years("cast('2024-02-29' as date)", 1) }} = cast('2025-03-01' as date)""",
    """{{ sosdata.add_years("cast('2024-02-29' as date)", 4) }} = cast('2028-02-29' as date)""",
    """{{ sosdata.add_years("cast('2023-12-31' as date)", 20) }} = cast('2043-12-31' as date)""",
    """{{ sosdata.in_code_point_order("'a'") }} > 'B'""",
    """{{ sosdata.in_code_point_order("'a b'") }} < 'aa'""",
    """{{ sosdata.empty_text() }} is null""",
    """(
        select {{ sosdata.joined_in_order('word') }}
        from (select 'b ' as word union all select 'a ' union all select null) as words
    ) = 'a b '""",
    """{{ sosdata.holds_rule("'AB1 AB12 '", "'AB1'") }}""",
    """{{ sosdata.holds_rule("'AB1 AB12 '", "'AB12'") }}""",
    """not ({{ sosdata.holds_rule("'AB12 '", "'AB1'") }})""",
    """not ({{ sosdata.holds_rule("'XAB1 '", "'AB1'") }})""",
    """{{ sosdata.first_rule("'AB1 AB12 '") }} = 'AB1'""",
    """{{ sosdata.rules_in("'AB1 AB12 '") }} = 2""",
    """{{ sosdata.rules_in("''") }} = 0""",
    """{{ sosdata.cast_or_empty("'2024-03-31 03:30'", sosdata.moment_type()) }}
        < {{ sosdata.cast_or_empty("'2024-03-31 04:00'", sosdata.moment_type()) }}""",
]


def test_engine_macros_mean_the_same(engine: Engine) -> None:
    # Not a constant: what engines know before they run is cast before anything can be asked.
    text = "(select max('2023-02-29') over () as no_day) as texts"
    cases = "\nunion all ".join(
        f"select {number} as number, {case} as holds from {text}"
        for number, case in enumerate(ENGINE_MACROS)
    )
    shown = engine.dbt(["show", "--inline", cases, "--limit", "99"], BASE)
    assert stopped_by(shown) == ""
    rows = shown.result.results[0].agate_table.rows
    assert sorted(int(row["number"]) for row in rows) == list(range(len(ENGINE_MACROS)))
    assert [ENGINE_MACROS[int(row["number"])] for row in rows if not row["holds"]] == []


TYPED_TABLES = {
    "postgres": {
        "clients": {
            "source_system": typed("char(12)", "sys"),
            "client_id": typed("bigint", "42", "9007199254740993"),
            "personal_identity_code": typed("bytea", CODE),
            "home_municipality_code": typed("integer", "837", "91"),
            "sex_code": typed("numeric", ("2.0", "2"), "2.5", ("10.00", "10"), "NaN"),
            "updated_at": typed(
                "timestamptz",
                *MOMENTS,
                "infinity",
                ("0044-03-15 00:00:00+00 BC", "0044-03-15 00:00:00 BC+00"),
                "10000-01-01 00:00:00+00",
            ),
            "unit": typed("bytea", (r"\xc3a9", "é"), (r"\xc3", r"\303"), (r"\x6100", r"a\000")),
        },
        "cases": {
            "case_id": typed("double precision", "42", ("1e15", "1000000000000000"), "0.5", "0.1"),
            "client_id": typed("numeric(18, 0)", "42", "42", "42", "42"),
            "service_task_code": typed(
                "real", ("3.0", "3"), "NaN", "-Infinity", ("-0.0", "0"), "0.1"
            ),
            "opened_on": typed(
                *("date", "2024-01-02", "infinity", "0044-03-15 BC", "12024-01-01"),
                *("5874897-12-31", "1900-01-01", "-infinity"),
            ),
            "closed_on": typed(
                "timestamp",
                ("2024-01-31", "2024-01-31 00:00:00"),
                "2024-01-31 10:00:00.12",
                "-infinity",
                "0044-03-15 00:00:00 BC",
            ),
            "opened_before_2020": typed("boolean", "false", "true"),
            "unit": typed("uuid", "5f5f3d0e-7c8e-4c0e-9d55-2f3f5d0b1a11"),
        },
        "child_protection_relationships": {
            "relationship_id": typed("smallint", "42"),
            "client_id": typed("real", "42", "42", "42"),
            "started_on": typed("timestamptz", *MOMENTS),
            "ended_on": typed("timestamp(0)", ("2024-02-01", "2024-02-01 00:00:00")),
            "started_before_2020": typed("integer", "1", "0", "2"),
            "unit": typed("", *[(None, None)] * 3),
        },
        "decisions": {
            "decision_id": typed("money", ("12.00", "12")),
            "client_id": typed("varchar(9)", "42"),
            "social_service_code": typed("char(4)", ("31", "31")),
            "service_task_code": typed("smallint", "1"),
            "decided_on": typed("date", "2024-01-02", "1000-02-28"),
            "valid_from": typed("timestamp", ("2024-01-02", "2024-01-02 00:00:00")),
            "valid_until": typed(
                "interval",
                ("2024 years 1 mon 2 days", "2024 years 1 months 2 days 00:00:00.000000"),
            ),
            "decision_type_code": typed("numeric(5, 2)", ("1.00", "1"), "1.50", "0.05"),
        },
        "services_received": {
            "record_id": typed("time", "10:00:00"),
            "client_id": typed("bigint", "42"),
            "follow_up_period": typed("date", "2024-01-01"),
        },
        "identity_changes": {
            "change_id": typed("double precision", "1.5", ("1e20", "100000000000000000000")),
            "old_personal_identity_code": typed("bytea", CODE, CODE),
            "changed_on": typed("date", "2024-01-02"),
        },
    },
    "spark": {
        "clients": {
            "source_system": typed("char(12)", "sys"),
            "client_id": typed("bigint", "42", "9007199254740993"),
            "personal_identity_code": typed("binary", CODE),
            "home_municipality_code": typed("int", "837", "91"),
            "sex_code": typed("decimal(20, 18)", ("2.0", "2"), ("0", "0"), ("10.00", "10")),
            "updated_at": typed(
                "timestamp",
                *MOMENTS,
                ("-0044-03-15 00:00:00+00", "-0044-03-15 00:00:00+00"),
                ("+10000-01-01 00:00:00+00", "+10000-01-01 00:00:00+00"),
            ),
            "unit": typed("binary", ("X'C3A9'", "é"), ("X'C3'", "C3")),
        },
        "cases": {
            "case_id": typed("double", "42", ("1e15", "1000000000000000"), "0.5", "12345678.25"),
            "client_id": typed("decimal(18, 0)", "42", "42", "42", "42"),
            "service_task_code": typed(
                "float", ("3.0", "3"), "NaN", "-Infinity", ("-0.0", "0"), "0.1"
            ),
            "opened_on": typed("date", "2024-01-02", "-0044-03-15", "+12024-01-01", "1900-01-01"),
            "closed_on": typed(
                "timestamp_ntz",
                ("2024-01-31", "2024-01-31 00:00:00"),
                "2024-01-31 10:00:00.12",
            ),
            "opened_before_2020": typed("boolean", "false", "true"),
            "unit": typed("varchar(4)", "a"),
        },
        "child_protection_relationships": {
            "relationship_id": typed("tinyint", "42"),
            "client_id": typed("float", "42", "42", "42"),
            "started_on": typed("timestamp", *MOMENTS),
            "ended_on": typed("timestamp_ntz", ("2024-02-01", "2024-02-01 00:00:00")),
            "started_before_2020": typed("int", "1", "0", "2"),
            "unit": typed("", *[(None, None)] * 3),
        },
        "decisions": {
            "decision_id": typed("decimal(38, 0)", "170141183460469231731687303715884105"),
            "client_id": typed("bigint", "42"),
            "social_service_code": typed("smallint", "31"),
            "service_task_code": typed("tinyint", "1"),
            "decided_on": typed("date", "2024-01-02", "1000-02-28"),
            "valid_from": typed("timestamp_ntz", ("2024-01-02", "2024-01-02 00:00:00")),
            "decision_type_code": typed("decimal(5, 2)", ("1.00", "1"), "1.50", "0.05"),
        },
        "services_received": {
            "record_id": typed("bigint", "7"),
            "client_id": typed("bigint", "42"),
            "follow_up_period": typed("date", "2024-01-01"),
        },
        "identity_changes": {
            "change_id": typed("double", "1.5", ("1e20", "100000000000000000000")),
            "old_personal_identity_code": typed("binary", CODE, CODE),
            "changed_on": typed("date", "2024-01-02"),
        },
    },
}


def test_typed_tables_are_read_as_their_text(engine: Engine, duckdb_build: Compiled) -> None:
    """The staging rows are those of the same extract as text; no setting of the session matters."""
    tables = whole(TYPED_TABLES[engine.name], "text" if engine.name == "postgres" else "string")
    engine.load_typed(tables, typed_query)
    only = ["--select", "+staging", "--exclude-resource-types", "test", "unit_test"]
    assert stopped_by(engine.dbt(["build", *only], BASE)) == ""
    found = rows_of_staging(lambda name: engine.rows(f"select * from {engine.relation(name)}"))
    assert found == staging_of_text(duckdb_build, tables)
    compiled = engine.folder / "target/compiled/sosdata/models/staging/extract/base"
    for session in engine.sessions:
        with engine.using(session):
            for table, rows in texts_of(tables).items():
                cells = engine.rows((compiled / f"base_extract__{table}.sql").read_text())
                trimmed = Counter(tuple(c and c.strip() for c in row) for row in cells)
                assert trimmed == Counter(tuple(row.values()) for row in rows), (session, table)


def test_missing_source_is_named(engine: Engine) -> None:
    engine.load({})
    engine.execute("drop table raw.decisions")
    told = stopped_by(engine.dbt(ONE_MODEL, BASE))
    assert "the source table raw.decisions (decisions) does not exist." in told
    engine.execute("create table raw.decisions as select source_system from raw.cases")
    told = stopped_by(engine.dbt(ONE_MODEL, BASE))
    assert "the source table raw.decisions has no column decision_id. If it is there," in told


@pytest.fixture
def postgres(engine: Engine) -> Iterator[Postgres]:
    if engine.name != "postgres":
        pytest.skip("of PostgreSQL")
    engine.load({})
    yield engine
    engine.execute("drop schema raw cascade")


def test_columns_in_upper_case_are_named(postgres: Postgres) -> None:
    postgres.execute('alter table raw.cases rename column unit to "Unit"')
    told = stopped_by(postgres.dbt(ONE_MODEL, BASE))
    assert 'raw.cases has the column "Unit", whose name must be in lower case: unit.' in told


def test_missing_rights_are_named(postgres: Postgres) -> None:
    """Of a role that may use the schema but not read, and of one that may read but not use it."""
    postgres.execute("drop role if exists reader")
    postgres.execute("create role reader login")
    postgres.execute("grant create on database postgres to reader")
    # Where it builds, it may.
    postgres.execute("create schema if not exists sosdata")
    postgres.execute("drop table if exists sosdata.build_outcome")
    postgres.execute("grant usage, create on schema sosdata to reader")
    environment = {"SOSDATA_POSTGRES_USER": "reader"} | postgres.environment
    command = [*ONE_MODEL, "--target", "postgres"]
    dbt_vars = BASE | {"source_schema": "raw"}
    for right in ("usage on schema raw", "select on all tables in schema raw"):
        postgres.execute(f"grant {right} to reader")
        told = stopped_by(run_dbt(postgres.folder / "reader", command, dbt_vars, **environment))
        assert "raw.clients is there, but the role reader may not read it: grant select" in told
        postgres.execute(f"revoke {right} from reader")
    postgres.execute("drop owned by reader cascade")


def test_grant_on_the_lists_of_the_steward_shows_nothing_else(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statements of docs/engines.md; they outlive the next build."""
    monkeypatch.setenv("SOSDATA_PSEUDONYM_SALT", KEY)
    models = ["build", "--exclude-resource-types", "test", "unit_test"]
    assert stopped_by(postgres.dbt(models, BASE)) == ""
    text = (PROJECT / "docs" / "engines.md").read_text(encoding="utf-8")
    postgres.execute(re.search("```sql\n(create role steward .*?)```", text, re.DOTALL)[1])
    rebuilt = [*models, "--select", "quality_violations"]
    assert stopped_by(postgres.dbt(rebuilt, BASE)) == ""
    relations = postgres.rows(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema like 'sosdata%'"
    )
    assert set(ROOMS) < {name for _, name in relations}
    readable = set()
    postgres.execute("set role steward")
    for schema, name in relations:
        with suppress(postgres.refusal):
            postgres.rows(f"select 1 from {schema}.{name} limit 1")
            readable.add(name)
    postgres.execute("reset role")
    postgres.execute("drop owned by steward; drop role steward")
    assert readable == {name for name, room in ROOMS.items() if room == "_quality"}
    assert "quality_violations" in readable


def test_materialized_views_are_sources(postgres: Postgres) -> None:
    postgres.load({"cases": [{"source_system": "sys", "case_id": "1"}]})
    postgres.execute("alter table raw.cases rename to kept")
    postgres.execute(
        "create materialized view raw.cases as select source_system, case_id,"
        " client_id, organiser_code, service_task_code, date '2024-01-02' as opened_on, closed_on,"
        " opened_before_2020, unit from raw.kept"
    )
    assert stopped_by(postgres.dbt(["run", "--select", "base_extract__cases"], BASE)) == ""
    assert postgres.rows("select case_id, opened_on from sosdata.base_extract__cases") == [
        ("1", "2024-01-02")
    ]


def test_history_grows_on_the_engine(engine: Engine, tmp_path: Path) -> None:
    def rows(query: str) -> list[tuple]:
        query = query.replace("{}_", "sosdata_").replace("{}", "sosdata.")
        if query.startswith("select"):
            return engine.rows(query)
        if engine.name == "postgres":
            engine.execute(query)
        else:
            # Parquet has no other way: the column is one that this version does not know.
            engine.execute(
                "create table sosdata_history.kept using parquet as select * from"
                " sosdata_history.run_history"
            )
            engine.execute("drop table sosdata_history.run_history")
            engine.execute(
                "create table sosdata_history.run_history using parquet as"
                " select * except (seconds) from sosdata_history.kept"
            )
            engine.execute("drop table sosdata_history.kept")
        return []

    engine.execute("drop schema if exists sosdata_history cascade")
    history_grows(SmallProject(tmp_path / "project"), engine.dbt, rows)


def test_hash_is_that_of_any_library_on_the_engine(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dbt(command: list[str], key: str) -> dbtRunnerResult:
        monkeypatch.setenv("SOSDATA_PSEUDONYM_SALT", key)
        return engine.dbt(command, BASE)

    engine.load({})
    for key, text, expected in RFC_4231:
        assert hash_of(key, text, dbt) == expected
    for key, text in OTHERS:
        assert hash_of(key, text.replace("\\", ""), dbt) == digest(key, text.replace("\\", ""))


def test_key_stands_in_nothing_that_a_build_leaves_on_the_engine(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    """Everything below the engine's folder: its tables and logs, and all that dbt writes."""
    engine.load(messy_extract(7))
    marts = ["build", "--select", "+int_person_keys", "analytics_persons", "codes_municipalities"]
    marts += ["--exclude-resource-types", "test", "unit_test", "--log-level-file", "debug"]
    monkeypatch.setenv("SOSDATA_PSEUDONYM_SALT", KEY)
    assert stopped_by(engine.dbt(marts, BASE)) == ""
    persons = engine.rows(
        "select persons.personal_identity_code, shown.person_key"
        " from sosdata.int_persons as persons inner join sosdata.int_person_keys as keys"
        " on keys.person_id = persons.person_id"
        f" inner join {engine.relation('analytics_persons')} as shown"
        " on shown.person_key = keys.person_key"
    )
    assert persons and sum(digest(KEY, code) != key for code, key in persons) == 0
    assert places_of(KEY, [engine.folder]) == []
    assert KEY not in "".join(capfd.readouterr())
    monkeypatch.delenv("SOSDATA_PSEUDONYM_SALT")
    assert stopped_by(engine.dbt(marts, BASE)) == ""
    assert engine.rows("select count(*) from sosdata.int_person_keys") == [(0,)]
    with pytest.raises(Exception, match="analytics_persons"):
        engine.rows(f"select * from {engine.relation('analytics_persons')}")


def test_readers_of_the_analysts_marts_read_nothing_else(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two roles one is named; a later build without it leaves no more rights than it had."""
    readers = ["Analysts-of-the-county", "auditors"]
    for role in readers:
        postgres.execute(f'drop role if exists "{role}"')
        postgres.execute(f'create role "{role}"')
    monkeypatch.setenv("SOSDATA_PSEUDONYM_SALT", KEY)
    models = ["build", "--exclude-resource-types", "test", "unit_test"]
    chosen = BASE | {"analytics_readers": readers[:1]}
    assert stopped_by(postgres.dbt(models, chosen)) == ""
    relations = postgres.rows(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema like 'sosdata%' or table_schema = 'raw'"
    )
    readable = {role: set() for role in readers}
    for role in readers:
        postgres.execute(f'set role "{role}"')
        for schema, name in relations:
            with suppress(postgres.refusal):
                postgres.rows(f"select 1 from {schema}.{name} limit 1")
                readable[role].add(name)
        with pytest.raises(postgres.refusal):
            postgres.execute("create table sosdata_analytics.theirs (one int)")
        with pytest.raises(postgres.refusal):
            postgres.execute("delete from sosdata_analytics.analytics_persons")
        postgres.execute("reset role")
    codes = {path.stem for path in (PROJECT / "seeds" / "codes").glob("codes_*.csv")}
    marts = {name for name, room in ROOMS.items() if room == "_analytics"}
    assert readable == {readers[0]: marts | codes, readers[1]: set()}
    for role in readers:
        postgres.execute(f'drop owned by "{role}"; drop role "{role}"')


def analysts_tables() -> dict[str, tuple[dict[str, str], list[list]]]:
    """What the analyses read of the analysts' marts: types of columns, and rows by chance."""
    chance = random.Random(9)
    tasks = {"10": "child protection", "20": "disabilities", "X-ELDERLY": None, "X_b": "other"}
    start = date(2018, 1, 1)

    def day(first: date = start) -> date:
        return first + timedelta(days=chance.randrange(1, 1500))

    persons = [[f"{number:064x}", chance.randrange(1930, 2024)] for number in range(150)]
    periods, decisions, services = [], [], []
    for person, _ in persons:
        for task in chance.sample(sorted(tasks), 2):
            first = chance.choice([day(), date(2020, 1, 1)])
            last = chance.choice([day(first), None])
            days = last and (last - first).days + 1
            periods.append([person, task, tasks[task], task != "20", first, last, days])
        for _ in range(3):
            service = chance.choice(["46", "93", "777"])
            meaning = chance.choice(["positive", "partly_positive", "negative"])
            decided = chance.choice([day(), day(), None])
            decisions.append(["1.2", person, service, f"Service {service}", meaning, decided])
            services.append(["1.2", person, service, chance.choice([day(), None])])
    quarters = []
    for year, (number, (month, last)) in product(
        range(2019, 2023), enumerate([(1, 31), (4, 30), (7, 30), (10, 31)], 1)
    ):
        ended = date(year, month + 2, last)
        quarters.append([f"{year}Q{number}", date(year, month, 1), ended, year < 2022])
    text, day_type = "varchar(99)", "date"
    granted = ["organiser_code", "person_key", "social_service_code", "social_service_name_en"]
    return {
        "analytics_persons": ({"person_key": text, "birth_year": "int"}, persons),
        "analytics_follow_up_periods": (
            {"follow_up_period": text, "started_on": day_type, "ended_on": day_type}
            | {"is_over": "boolean"},
            quarters,
        ),
        "analytics_service_task_periods_named": (
            {"person_key": text, "service_task_code": text, "service_task_name_en": text}
            | {"is_delivered": "boolean", "started_on": day_type, "ended_on": day_type}
            | {"days": "int"},
            periods,
        ),
        "analytics_decisions_named": (
            dict.fromkeys([*granted, "decision_meaning"], text) | {"decided_on": day_type},
            decisions,
        ),
        "analytics_services_received": (
            dict.fromkeys(granted[:3], text) | {"started_on": day_type},
            services,
        ),
    }


def test_analyses_give_the_same_on_the_engine(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their own tests compare DuckDB with plain counting."""

    def literal(cell: object) -> str:
        return str(cell) if type(cell) is int else engine.literal(as_text(cell))

    given = {"extracted_on": "2022-05-01"}
    engine.execute("drop schema if exists sosdata_analytics cascade")
    engine.execute("create schema sosdata_analytics")
    # The profile of the engine is put there by a command.
    assert engine.dbt(["parse"], {}).success
    monkeypatch.chdir(PROJECT)
    for name, value in {
        "DBT_PROFILES_DIR": engine.folder,
        "DBT_TARGET_PATH": engine.folder / "target",
        "DBT_LOG_PATH": engine.folder / "logs",
        **engine.environment,
    }.items():
        monkeypatch.setenv(name, str(value))

    monkeypatch.setenv("DBT_TARGET", engine.name)
    with pytest.raises(analysis.NoBuild, match="marts are not there: set SOSDATA_PSEUDONYM_SALT"):
        analysis.analyses(None, given).result("new_and_ended")
    with duckdb.connect(str(tmp_path / "analytics.duckdb")) as file:
        for table, (columns, rows) in analysts_tables().items():
            made = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            values = ", ".join(f"({', '.join(literal(cell) for cell in row)})" for row in rows)
            engine.execute(f"create table sosdata_analytics.{table} ({made})")
            engine.execute(f"insert into sosdata_analytics.{table} values {values}")
            file.execute(f"create table {table} ({made})")
            file.executemany(f"insert into {table} values ({', '.join('?' * len(columns))})", rows)
    on_engine = analysis.analyses(None, given)
    found = {name: on_engine.result(name) for name in on_engine.nodes}
    monkeypatch.setenv("DBT_TARGET", "duckdb")
    on_file = analysis.analyses(tmp_path / "analytics.duckdb", given)
    expected = {name: on_file.result(name) for name in on_file.nodes}
    assert found == expected
    assert len(found) == 5 and min(len(result.rows) for result in found.values()) >= 3
