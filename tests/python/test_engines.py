"""PostgreSQL and Spark against DuckDB: the same rows in relations, the same bytes in files."""

import csv
import os
from collections import Counter
from unittest import mock

import duckdb
import pytest

import deliver
from build import DEMO_VARS
from demo_extract import write_tables
from engines import ENGINES
from messy_extracts import messy_extract
from test_deliver import contents
from test_slow_reading import BASE, MORE_SEED_ROWS
from warehouse import COLUMNS, PROJECT, compile_project, read_seeds, run_dbt

pytestmark = pytest.mark.engines
RELATIONS = [
    *deliver.SECTIONS.values(),
    "delivery_lineage",
    "delivery_note",
    "delivery_provisional_codes",
    "quality_violations",
    "quality_rule_results",
    "quality_reconciliation",
]
FAILED = {"error", "fail", "runtime error"}
MESSY_VARS = BASE | {"max_rejected_share": 1}


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ENGINES],
)
def engine(request, tmp_path_factory):
    engine = ENGINES[request.param](tmp_path_factory.mktemp(request.param))
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def duckdb_build(tmp_path_factory, seeded):
    folder = tmp_path_factory.mktemp("duckdb")
    build = compile_project(folder, seeded, MESSY_VARS, MORE_SEED_ROWS)
    yield build
    build.connection.close()


def as_texts(rows) -> Counter:
    return Counter(tuple(as_text(cell) for cell in row) for row in rows)


def as_text(cell) -> str | None:
    return str(cell).lower() if isinstance(cell, bool) else None if cell is None else str(cell)


def stopped_by(result) -> str:
    """Why a build did not pass; empty where it did."""
    failed = [f"{r.node.name}: {r.message}" for r in result.result or [] if r.status in FAILED]
    return "" if result.success else str(result.exception or failed)


def read_extract(folder) -> dict[str, list[dict]]:
    tables = {}
    for table in COLUMNS:
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            tables[table] = list(csv.DictReader(file))
    return tables


def test_demo_is_built_tested_and_delivered_alike(engine, tmp_path, monkeypatch):
    """All data tests and all unit tests run on the engine; its files have DuckDB's bytes."""
    monkeypatch.chdir(PROJECT)
    extract, here = tmp_path / "extract", tmp_path / "duckdb"
    extract.mkdir()
    write_tables(extract, 3000, "csv")
    on_files = ["build", "--exclude-resource-types", "unit_test"]
    assert stopped_by(run_dbt(here, on_files, DEMO_VARS, SOSDATA_SOURCE_DIR=extract)) == ""
    engine.load(read_extract(extract))
    built = engine.dbt(["build"], DEMO_VARS)
    assert stopped_by(built) == ""
    kinds = Counter(result.node.resource_type for result in built.result)
    assert kinds["unit_test"] > 40 and kinds["test"] > 60

    with duckdb.connect(str(here / "sosdata.duckdb"), read_only=True) as connection:
        for relation in RELATIONS:
            expected = connection.execute(f"select * from {relation}").fetchall()
            found = engine.rows(f"select * from sosdata.{relation}")
            assert expected and as_texts(found) == as_texts(expected), relation

    database = {"SOSDATA_DUCKDB_PATH": here / "sosdata.duckdb"}
    assert deliver_from(here, "duckdb", tmp_path / "expected", **database) == 0
    assert deliver_from(engine.folder, engine.name, tmp_path / "found", **engine.environment) == 0
    assert contents(tmp_path / "found") == contents(tmp_path / "expected")


def deliver_from(folder, target_name, place, **environment) -> int:
    """Runs scripts/deliver.py on what was built in `folder`."""
    places = {
        "DBT_TARGET": target_name,
        "DBT_TARGET_PATH": folder / "target",
        "DBT_PROFILES_DIR": folder,
        "SOSDATA_DELIVERY_DIR": place,
    }
    given = {name: str(value) for name, value in (places | environment).items()}
    with mock.patch.dict(os.environ, given):
        return deliver.main()


def test_messy_extracts_are_built_alike(engine, duckdb_build):
    engine.load({})
    assert stopped_by(engine.dbt(["seed"], MESSY_VARS)) == ""
    for table, rows in MORE_SEED_ROWS.items():
        engine.add_rows(table, rows)
    for seed in (101, 102, 103):
        tables = messy_extract(seed)
        duckdb_build.build(tables)
        engine.load(tables)
        without = ["--exclude-resource-types", "seed", "unit_test"]
        assert stopped_by(engine.dbt(["build", *without], MESSY_VARS)) == ""
        for relation in RELATIONS:
            expected = duckdb_build.rows(f"select * from {relation}")
            found = engine.rows(f"select * from sosdata.{relation}")
            assert as_texts(found) == as_texts(expected), (seed, relation)


def test_seeds_stand_in_the_engine_as_in_their_files(engine):
    engine.load({})
    assert stopped_by(engine.dbt(["seed"], MESSY_VARS)) == ""
    for seed, rows in read_seeds().items():
        found = engine.rows(f"select {', '.join(rows[0])} from sosdata.{seed}")
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
    """{{ sosdata.add_days("cast('2024-02-28' as date)", 2) }} = cast('2024-03-01' as date)""",
    """{{ sosdata.add_days("cast('2024-01-01' as date)", -1) }} = cast('2023-12-31' as date)""",
    """{{ sosdata.add_years("cast('2024-02-29' as date)", 1) }} = cast('2025-03-01' as date)""",
    """{{ sosdata.add_years("cast('2024-02-29' as date)", 4) }} = cast('2028-02-29' as date)""",
    """{{ sosdata.add_years("cast('2023-12-31' as date)", 20) }} = cast('2043-12-31' as date)""",
    """{{ sosdata.in_code_point_order("'a'") }} > 'B'""",
    """{{ sosdata.in_code_point_order("'a b'") }} < 'aa'""",
    """{{ sosdata.no_text() }} is null""",
    """{{ sosdata.cast_or_empty("'2024-03-31 03:30'", sosdata.moment_type()) }}
        < {{ sosdata.cast_or_empty("'2024-03-31 04:00'", sosdata.moment_type()) }}""",
]


def test_engine_macros_mean_the_same(engine):
    # Not a constant: what engines know before they run is cast before anything can be asked.
    text = "(select max('2023-02-29') over () as no_day) as texts"
    cases = "\nunion all ".join(
        f"select {number} as number, {case} as holds from {text}"
        for number, case in enumerate(ENGINE_MACROS)
    )
    shown = engine.dbt(["show", "--inline", cases, "--limit", "99"], MESSY_VARS)
    assert stopped_by(shown) == ""
    rows = shown.result.results[0].agate_table.rows
    assert sorted(int(row["number"]) for row in rows) == list(range(len(ENGINE_MACROS)))
    assert [ENGINE_MACROS[int(row["number"])] for row in rows if not row["holds"]] == []


def test_missing_source_is_named(engine):
    engine.load({})
    engine.execute("drop table raw.decisions")
    told = stopped_by(engine.dbt(["run", "--select", "int_follow_up_periods"], MESSY_VARS))
    assert "the source table raw.decisions (decisions) does not exist." in told
    engine.execute("create table raw.decisions as select source_system from raw.cases")
    told = stopped_by(engine.dbt(["run", "--select", "int_follow_up_periods"], MESSY_VARS))
    assert "the source table raw.decisions has no column decision_id." in told
