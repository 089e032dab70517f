"""`make build` as its users see it: on the demo extract, and where something is wrong."""

import csv
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

import build as build_script
from messy_extracts import messy_extract
from warehouse import COLUMNS, PROJECT, find_by_name, run_dbt, write_extract

CODE = re.compile(r"\b[0-3][0-9][01][0-9]{3}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]\b", re.IGNORECASE)


def build(folder: Path, *arguments: str, **environment: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, PROJECT / "scripts" / "build.py", *arguments],
        env=os.environ
        | {
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "DBT_PROFILES_DIR": str(folder),
            "SOSDATA_DUCKDB_PATH": str(folder / "sosdata.duckdb"),
            "SOSDATA_DELIVERY_DIR": str(folder / "delivery"),
            "SOSDATA_DEMO_DIR": str(folder / "demo"),
        }
        | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "profiles.yml").write_text((PROJECT / "profiles.yml.example").read_text())
    return tmp_path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess]:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "profiles.yml").write_text((PROJECT / "profiles.yml.example").read_text())
    return folder, build(folder)


def code_map_rows(folder: Path, database: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, PROJECT / "tools" / "code_map_rows.py"],
        env=os.environ
        | {"DBT_PROFILES_DIR": str(folder), "DBT_TARGET_PATH": str(folder / "target")}
        | {"SOSDATA_DUCKDB_PATH": str(database)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def database(demo: tuple[Path, subprocess.CompletedProcess]) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(demo[0] / "demo" / "sosdata.duckdb"), read_only=True)
    yield find_by_name(connection)
    connection.close()


def delivered(
    demo: tuple[Path, subprocess.CompletedProcess], period: str, relation: str
) -> list[dict]:
    with (demo[0] / "demo" / "delivery" / period / "draft" / f"{relation}.csv").open(
        encoding="utf-8"
    ) as file:
        return list(csv.DictReader(file))


def test_demo_is_built_and_delivered(demo: tuple[Path, subprocess.CompletedProcess]) -> None:
    folder, done = demo
    assert done.returncode == 0, done.stdout + done.stderr
    for told in (
        "Rows to be delivered",
        "Rejected: errors",
        "Delivered all the same",
        "Where it is",
    ):
        assert told in done.stdout
    delivered = folder / "demo" / "delivery"
    assert sorted(place.name for place in delivered.iterdir()) == ["2025Q3", "2025Q4"]


def test_demo_says_so_first_and_touches_nothing_real(
    demo: tuple[Path, subprocess.CompletedProcess],
) -> None:
    """Also where the settings of a real build are there (C6)."""
    folder, done = demo
    told = [line for line in done.stdout.splitlines() if "extract of" in line]
    assert told[0].startswith("DEMO of artificial persons: ")
    assert "2026-01-15" in told[0] and "1.2.246.10.32213086.10.0" in told[0]
    assert not (folder / "sosdata.duckdb").exists()
    assert not (folder / "delivery").exists()
    assert f"analysts' marts  {folder / 'demo' / 'analytics.duckdb'}" in done.stdout


def test_demo_that_lies_elsewhere_is_found_by_what_comes_after_its_build(
    demo: tuple[Path, subprocess.CompletedProcess],
) -> None:
    folder, _ = demo
    done = subprocess.run(
        [sys.executable, PROJECT / "scripts" / "deliver.py", "draft"],
        env=os.environ
        | {"DBT_PROFILES_DIR": str(folder), "DBT_TARGET_PATH": str(folder / "target")}
        | {"DBT_LOG_PATH": str(folder / "logs"), "SOSDATA_DEMO_DIR": str(folder / "demo")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    delivered = folder / "demo" / "delivery"
    assert done.stdout.split() == [str(delivered / p / "draft") for p in ("2025Q3", "2025Q4")]


def test_demo_explains_its_measures(
    demo: tuple[Path, subprocess.CompletedProcess], database: duckdb.DuckDBPyConnection
) -> None:
    """So that it can be frozen as it stands."""
    query = "select distinct is_explained from quality_measures where is_notable"
    assert database.execute(query).fetchall() == [(True,)]
    assert "not explained" not in demo[1].stdout


def test_demo_describes_its_information_sources(database: duckdb.DuckDBPyConnection) -> None:
    """In three languages, for the note of its delivery (F7)."""
    described = database.execute(
        "select source_system from stg_settings__information_sources"
        " where text_sv <> '' and text_fi <> '' and text_en <> '' order by all"
    ).fetchall()
    built = "select distinct source_system from quality_reconciliation where rows_in > 0"
    named = f"select * from ({built}) where source_system is not null order by all"
    assert described == database.execute(named).fetchall() != []


def test_demo_is_in_its_own_history(
    demo: tuple[Path, subprocess.CompletedProcess], database: duckdb.DuckDBPyConnection
) -> None:
    """The first run is compared with none."""
    assert database.execute(
        "select is_demo, passed, organiser_code from main_history.run_history"
    ).fetchall() == [(True, True, "1.2.246.10.32213086.10.0")]
    rows = "select sum(rows_in), sum(rows_used), sum(rows_rejected) from"
    assert (
        database.execute(f"{rows} main_history.run_history_rows").fetchall()
        == database.execute(f"{rows} quality_reconciliation").fetchall()
    )
    assert "Since the run" not in demo[1].stdout


@pytest.mark.long
def test_page_tells_what_changed_since_the_run_before(folder: Path) -> None:
    extract, told = messy_extract(2), []
    chosen = "{max_rejected_share: 1, allow_provisional_codes: true, extracted_on: 2025-07-0%s}"
    for day in (1, 2):
        write_extract(folder / "extract", extract)
        source = {"SOSDATA_SOURCE_DIR": folder / "extract"}
        done = build(folder, "--periods", "2024Q1", "--vars", chosen % day, **source)
        assert done.returncode == 0, done.stderr
        told.append(done.stdout)
        extract["cases"] = extract["cases"][: len(extract["cases"]) // 2]
    assert "Since the run" not in told[0]
    assert re.search(r"Since the run of \S+ \(extract of 2025-07-01\): 50 % fewer cases", told[1])
    assert re.search("Rejected rows: [0-9,]+ (more|fewer), [0-9,]+ in all", told[1])


def test_page_at_the_end_is_short(demo: tuple[Path, subprocess.CompletedProcess]) -> None:
    assert len(demo[1].stdout.splitlines()) <= 75


def test_marts_lie_in_the_schema_of_their_folder(
    demo: tuple[Path, subprocess.CompletedProcess], database: duckdb.DuckDBPyConnection
) -> None:
    """Section 7; names are unique, so that readers may look them up by name."""
    found = database.execute(
        "select table_name, table_schema from information_schema.tables"
        " where table_schema not in ('loaded_extract', 'loaded_record')"
    ).fetchall()
    assert len(found) == len(dict(found))
    marts = {path.stem: path.parent.name for path in PROJECT.glob("models/marts/*/*.sql")}
    apart = {n: s for n, s in found if s not in ("main", "main_history")}
    assert apart == {m: f"main_{f}" for m, f in marts.items()}
    assert "relation main_quality.quality_violations" in demo[1].stdout


@pytest.mark.parametrize(
    ("command", "told"),
    [("run", ["quality_violations", "sosdata_decisions"]), ("build", [])],
    ids=["passes", "fails"],
)
def test_tables_of_the_version_before_are_told_and_kept(
    tmp_path: Path, command: str, told: list[str]
) -> None:
    """Not a view, a table that is read as a source, nor one of another name; not after a stop."""
    with duckdb.connect(str(tmp_path / "sosdata.duckdb")) as connection:
        for table, columns in COLUMNS.items():
            connection.execute(f"create table {table} ({' text, '.join(columns)} text)")
        connection.execute("alter table clients rename to sosdata_clients")
        for table in ("sosdata_decisions", "quality_violations", "delivery_notes"):
            connection.execute(f"create table {table} as select 'kept' as cell")
        connection.execute("create view delivery_note as from delivery_notes")
        before = connection.execute("select table_name from information_schema.tables").fetchall()
    sources = {"source_schema": "main", "source_table_clients": "sosdata_clients"}
    organiser = {"organiser_code": "1.2.246.10.32213086.10.0"}
    # Tests of what is not built cannot pass.
    built = run_dbt(tmp_path, [command, "--select", "int_follow_up_periods"], sources | organiser)
    assert built.success is bool(told)
    log = (tmp_path / "logs" / "dbt.log").read_text()
    assert re.findall('drop table "sosdata"."main"."(.*)";', log) == told
    assert ("if an earlier version of this project made them" in log) is bool(told)
    with duckdb.connect(str(tmp_path / "sosdata.duckdb"), read_only=True) as connection:
        after = connection.execute("select table_name from information_schema.tables").fetchall()
    assert set(before) <= set(after)


def test_nothing_that_people_read_holds_a_personal_identity_code(
    demo: tuple[Path, subprocess.CompletedProcess],
) -> None:
    folder, done = demo
    assert not CODE.search(done.stdout + done.stderr)
    for log in (folder / "logs").rglob("*"):
        assert not log.is_file() or not CODE.search(log.read_text(errors="replace")), log


def test_everything_written_is_for_its_owner_only(
    demo: tuple[Path, subprocess.CompletedProcess],
) -> None:
    folder, _ = demo
    for name in ("demo", "logs", "target"):
        for place in [folder / name, *(folder / name).rglob("*")]:
            # The analysts' file is read by its group (A1); the demo's folder is not.
            others = 0o037 if place.name == "analytics.duckdb" else 0o077
            assert stat.S_IMODE(place.stat().st_mode) & others == 0, place


def test_demo_breaks_every_rule_and_about_two_percent_of_rows(
    database: duckdb.DuckDBPyConnection,
) -> None:
    broken = database.execute(
        "select rule_id from quality_rule_results group by 1"
        " having sum(rows_broken + rows_excepted) = 0"
    ).fetchall()
    assert broken == []
    (share,) = database.execute(
        "select count(distinct (source_table, source_system, row_id))"
        " / (select sum(rows_in) from quality_reconciliation) from quality_violations"
    ).fetchone()
    assert 0.01 < share < 0.03


def test_clients_of_the_register_s_figure(
    demo: tuple[Path, subprocess.CompletedProcess], database: duckdb.DuckDBPyConnection
) -> None:
    """A the whole period, B begun in it, C ended in it, D ended and begun again in it."""
    codes = dict(
        database.execute(
            "select client_id, personal_identity_code from int_clients__checked"
            " where client_id like 'figure-%'"
        ).fetchall()
    )
    periods = {
        client: [
            (row["started_on"] >= "2025-10-01", row["ended_on"] != "")
            for row in delivered(demo, "2025Q4", "sosdata_service_task_periods")
            if row["personal_identity_code"] == code
        ]
        for client, code in codes.items()
    }
    begun, ended = True, True
    assert periods == {
        "figure-A": [(not begun, not ended)],
        "figure-B": [(begun, not ended)],
        "figure-C": [(not begun, ended)],
        "figure-D": [(not begun, ended), (begun, not ended)],
    }


@pytest.mark.long
def test_too_many_rejected_rows_stop_the_delivery(folder: Path) -> None:
    extract = write_extract(folder / "extract", messy_extract(2))
    done = build(
        folder,
        "--periods",
        "2024Q1",
        "--vars",
        "{allow_provisional_codes: true, organiser_code: 1.2.246.10.32213086.10.0}",
        SOSDATA_SOURCE_DIR=extract,
    )
    assert done.returncode != 0
    assert "The build stopped: the data did not pass: rejected_share" in done.stderr
    assert re.search("[1-9][0-9]* of [1-9][0-9]* cases in all were rejected", done.stderr)
    assert re.search("in sys_[abc]: .*-> code_map.csv", done.stderr)
    assert re.search("rows were rejected only since their client breaks CL", done.stderr)
    assert not (folder / "delivery").exists()


@pytest.mark.long
def test_provisional_codes_stop_the_delivery(folder: Path) -> None:
    extract = write_extract(folder / "extract", messy_extract(2))
    done = build(
        folder,
        "--periods",
        "2024Q1",
        "--vars",
        "{max_rejected_share: 1}",
        SOSDATA_SOURCE_DIR=extract,
    )
    assert done.returncode != 0
    assert "The build stopped: rows to be delivered hold provisional codes" in done.stderr
    assert not (folder / "delivery").exists()


@pytest.mark.long
def test_rows_for_the_code_map_are_those_that_wait_for_one(
    demo: tuple[Path, subprocess.CompletedProcess], database: duckdb.DuckDBPyConnection
) -> None:
    done = code_map_rows(demo[0], demo[0] / "demo" / "sosdata.duckdb")
    assert done.returncode == 0, done.stderr
    written = {tuple(line.split(",")) for line in done.stdout.splitlines()}
    waiting = database.execute(
        "select source_system, classification, local_code, coalesce(proposed_code, '')"
        " from code_map_proposals where status = 'unmapped'"
    ).fetchall()
    assert waiting and written == set(waiting)
    assert f"{len(waiting)} rows to add to code_map.csv" in done.stderr


def test_rows_for_the_code_map_need_a_build(folder: Path) -> None:
    done = code_map_rows(folder, folder / "none.duckdb")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("No rows for the code map: there is no database ")


def test_real_extract_is_built_for_the_given_periods(folder: Path) -> None:
    extract = write_extract(folder / "extract", messy_extract(2))
    chosen = "{max_rejected_share: 1, allow_provisional_codes: true, extracted_on: 2025-07-01}"
    done = build(folder, "--periods", "2024Q1 2024Q2", "--vars", chosen, SOSDATA_SOURCE_DIR=extract)
    assert done.returncode == 0, done.stderr
    assert sorted(place.name for place in (folder / "delivery").iterdir()) == ["2024Q1", "2024Q2"]


WRONG = {
    "no folder": (
        {"SOSDATA_SOURCE_DIR": "/nowhere"},
        [],
        "the folder /nowhere (SOSDATA_SOURCE_DIR) does not exist",
    ),
    "no quarter": ({}, ["--periods", "2024Q5"], "'2024Q5' is not a quarter"),
    "no mapping": ({}, ["--vars", "[1]"], "VARS is not a mapping"),
    "no setting": ({}, ["--vars", "{organizer_code: 1}"], "'organizer_code' is not a setting"),
    "empty source": ({"SOSDATA_SOURCE_DIR": " "}, [], "SOSDATA_SOURCE_DIR is set but empty"),
    "name of the engine's": (
        {"SOSDATA_SOURCE_DIR": "/nowhere", "SOSDATA_DUCKDB_PATH": "x/temp.duckdb"},
        [],
        "temp.duckdb is a name that the engine keeps",
    ),
    "sign of the engine's": (
        {"SOSDATA_SOURCE_DIR": "/nowhere", "SOSDATA_DUCKDB_PATH": "x?y.duckdb"},
        [],
        "holds ?, #, %",
    ),
    "language": ({"SOSDATA_LANGUAGE": "de"}, [], "SOSDATA_LANGUAGE is none of en, sv and fi"),
    "no target": ({"DBT_TARGET": "moon"}, [], "does not have a target named 'moon'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_one_clear_sentence(case: str, folder: Path) -> None:
    environment, arguments, told = WRONG[case]
    done = build(folder, *arguments, **environment)
    assert done.returncode == 1
    (sentence,) = [
        line for line in done.stderr.splitlines() if line.startswith("The build stopped: ")
    ]
    assert told in sentence


def test_table_whose_name_differs_in_case_only_is_told_of(folder: Path) -> None:
    with duckdb.connect(str(folder / "sosdata.duckdb")) as connection:
        connection.execute("create schema raw")
        for table, columns in COLUMNS.items():
            name = "CASES" if table == "cases" else table
            texts = ", ".join(f"{column} varchar" for column in columns)
            connection.execute(f"create table raw.{name} ({texts})")
    done = build(folder, "--periods", "2024Q1", "--vars", "{source_schema: raw}")
    assert done.returncode == 1
    assert "differs from the one looked for in upper and lower case only" in done.stderr


@pytest.mark.long
def test_running_quarter_is_told_of(folder: Path) -> None:
    extract = write_extract(folder / "extract", messy_extract(3))
    settings = '{"extracted_on": "2025-06-30", "max_rejected_share": 1,'
    settings += ' "allow_provisional_codes": true}'
    arguments = ["--periods", "2025Q1 2025Q2", "--vars", settings]
    done = build(folder, *arguments, SOSDATA_SOURCE_DIR=extract)
    assert done.returncode == 0, done.stdout
    assert "Not for sending: 2025Q2 had not ended on 2025-06-30" in done.stdout
    assert "Not for sending: 2025Q1" not in done.stdout


COMPLAINTS = {
    "permission denied for schema x": (
        "Database Error in model x (models/x.sql)\n  permission denied for schema x"
    ),
    "could not write: invalid (a value)": (
        'sosdata.on-run-end.1 failed, error:\n could not write: invalid "secret" of a cell'
    ),
    "invalid input syntax for type date: (a value)": (
        'Database Error\n  invalid input syntax for type date: "secret\n of a cell"'
    ),
    "Could not convert string (a value)": (
        "Runtime Error\n  Conversion Error: Could not convert string 'it's secret' to INT32"
    ),
}


@pytest.mark.parametrize("told", COMPLAINTS)
def test_engine_s_own_line_is_told_without_the_value(told: str) -> None:
    sentence = build_script.first_sentence(COMPLAINTS[told])
    assert sentence.endswith(told)
    assert "secret" not in sentence


def test_file_of_a_county_s_own_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not that of a model of the package, nor in the package's own project."""
    own = SimpleNamespace(
        package_name="county", resource_type="model", original_file_path="models/x.sql"
    )
    packaged = SimpleNamespace(**(vars(own) | {"package_name": "sosdata"}))
    assert build_script.place_of(own) == ""
    monkeypatch.setattr(build_script, "PROJECT", Path("/county"))
    assert build_script.place_of(own) == " (models/x.sql)"
    assert build_script.place_of(packaged) == ""
