"""sosdata as a package of another project: its own sources, schemas, model and seed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from warehouse import PROJECT

DBT = Path(sys.executable).with_name("dbt")
ROOMS: dict[str, set[str]] = {
    "county": {"build_outcome"},
    "county_analytics": {"service_task_clients"},
    "county_mapping": {"county_cases", "county_broken_rules"},
    "county_delivery": {path.stem for path in PROJECT.glob("models/marts/delivery/*.sql")},
    "county_quality": {path.stem for path in PROJECT.glob("models/marts/quality/*.sql")},
    "county_history": {"run_history", "run_history_rows", "run_history_deliveries"},
    "county_codes": {
        path.stem for path in PROJECT.glob("seeds/**/*.csv") if path.parent.name != "demo"
    }
    | {"county_rules"},
    "county_work": {
        path.stem
        for folder in ("staging", "intermediate")
        for path in PROJECT.glob(f"models/{folder}/**/*.sql")
    },
}


def dbt(county: Path, *command: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"COUNTY_DUCKDB_PATH": str(county / "county.duckdb")}
    return subprocess.run(
        [DBT, "--no-use-colors", *command],
        cwd=county,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def failed_nodes(county: Path) -> set[str]:
    results = json.loads((county / "target" / "run_results.json").read_text())["results"]
    return {
        result["unique_id"].split(".")[2]
        for result in results
        if result["status"] in ("error", "fail")
    }


def outcome(county: Path) -> tuple[bool, int]:
    """Whether the last build ran whole, and how many nodes failed."""
    with duckdb.connect(str(county / "county.duckdb"), read_only=True) as connection:
        return connection.execute(
            "select is_whole, nodes_failed from county.county.build_outcome"
        ).fetchone()


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The county's project beside a copy of the package, installed and with its tables loaded."""
    package = tmp_path_factory.mktemp("package")
    folders = ("models", "macros", "seeds", "tests", "analyses", "scripts", "integration_tests")
    for folder in folders:
        shutil.copytree(
            PROJECT / folder,
            package / folder,
            symlinks=True,
            ignore=shutil.ignore_patterns("dbt_packages", "target", "logs", "*.duckdb", "python"),
        )
    shutil.copy(PROJECT / "dbt_project.yml", package)
    county = package / "integration_tests"
    for command in (["deps"], ["run-operation", "load_county_tables"]):
        done = dbt(county, *command)
        assert done.returncode == 0, done.stdout
    return county


@pytest.fixture(scope="module")
def built(county: Path) -> subprocess.CompletedProcess:
    return dbt(county, "build")


def test_package_is_built_and_tested_without_a_word_of_warning(
    built: subprocess.CompletedProcess,
) -> None:
    assert built.returncode == 0, built.stdout
    assert "[WARNING]" not in built.stdout


def test_relations_stand_in_the_county_s_schemas(
    county: Path, built: subprocess.CompletedProcess
) -> None:
    with duckdb.connect(str(county / "county.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select table_schema, list(table_name) from information_schema.tables"
            " where table_schema not in ('county_systems', 'loaded_record')"
            " and table_name not like 'unreadable_%'"
            " group by all"
        ).fetchall()
    assert {schema: set(relations) for schema, relations in found} == ROOMS


def test_whole_build_that_passed_is_recorded(
    county: Path, built: subprocess.CompletedProcess
) -> None:
    assert outcome(county) == (True, 0)


def test_whole_build_is_in_the_history(county: Path, built: subprocess.CompletedProcess) -> None:
    with duckdb.connect(str(county / "county.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select passed, source, (select sum(rows_in) from county_history.run_history_rows),"
            " (select sum(rows_delivered) from county_history.run_history_deliveries"
            " where section = 'II') from county_history.run_history"
        ).fetchall()
        (rows_in,) = connection.execute(
            "select sum(rows_in) from county_quality.quality_reconciliation"
        ).fetchone()
    assert rows_in > 0
    assert found == [
        (
            True,
            "models of county_integration_tests and the tables of county_systems",
            rows_in,
            3,
        )
    ]


def test_model_and_seed_of_the_county_are_read(
    county: Path, built: subprocess.CompletedProcess
) -> None:
    with duckdb.connect(str(county / "county.duckdb"), read_only=True) as connection:
        periods = connection.execute(
            "select service_task_code, cast(started_on as varchar)"
            " from county.county_delivery.sosdata_service_task_periods order by all"
        ).fetchall()
    assert periods == [("10", "2025-02-01"), ("15", "2025-10-05"), ("20", "2020-01-01")]


def test_files_are_delivered_from_the_county_s_schemas(
    county: Path, built: subprocess.CompletedProcess
) -> None:
    script = county / "dbt_packages" / "sosdata" / "scripts" / "deliver.py"
    environment = os.environ | {"DBT_PROJECT_DIR": str(county)}
    done = subprocess.run(
        [sys.executable, script],
        cwd=county,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = (
        county / "delivery" / "2025Q4" / "draft" / "sosdata_service_task_periods.csv"
    ).read_text()
    tasks = {line.split(",")[3] for line in lines.splitlines()}
    assert tasks == {"service_task_code", "10", "15", "20"}


@pytest.fixture
def changed(county: Path, built: subprocess.CompletedProcess, tmp_path: Path) -> Path:
    """A copy of the built county to break; the package stays where it is."""
    copy = tmp_path / "county"
    shutil.copytree(county, copy, symlinks=True)
    (copy / "dbt_packages" / "sosdata").unlink()
    (copy / "dbt_packages" / "sosdata").symlink_to(county.parent, target_is_directory=True)
    return copy


def give_back(county: Path, replaced: str) -> None:
    """The package's own model or seed is enabled again, and the county's removed."""
    project = county / "dbt_project.yml"
    head, tail = project.read_text().split(f"{replaced}:\n", 1)
    project.write_text(f"{head}{replaced}:\n" + tail.replace("false", "true", 1))
    for path in [*county.glob(f"models/**/{replaced}.*"), *county.glob(f"seeds/{replaced}.csv")]:
        path.unlink()


@pytest.mark.long
def test_build_fails_without_the_map_of_the_county(changed: Path) -> None:
    give_back(changed, "code_map")
    done = dbt(changed, "build")
    assert done.returncode != 0
    assert "codes_of_the_county_are_mapped" in failed_nodes(changed), done.stdout
    assert outcome(changed)[1] > 0


def test_rules_of_the_county_reject_list_count_and_stop_like_ours(changed: Path) -> None:
    with duckdb.connect(str(changed / "county.duckdb")) as connection:
        connection.execute(
            "insert into county.county_systems.asiat (asia_id, asiakas_id, palvelutehtava, avattu)"
            " values ('a5', 'k4', 'PA', '2025-12-06')"
        )
    done = dbt(changed, "build", "--exclude-resource-type", "unit_test")
    assert done.returncode != 0
    assert failed_nodes(changed) == {"rejected_share"}, done.stdout
    assert "COUNTY01 in county: 2025-12-06, 1 rows -> the client's record" in done.stdout
    with duckdb.connect(str(changed / "county.duckdb"), read_only=True) as connection:
        listed = connection.execute(
            "select rule_id, severity, source_table, row_id, client_id, column_name, observed_value"
            " from county.county_quality.quality_violations where rule_id like 'COUNTY%' order by 1"
        ).fetchall()
        counted = connection.execute(
            "select rule_id, rows_checked, rows_broken, status"
            " from county.county_quality.quality_rule_results"
            " where rule_id like 'COUNTY%' and source_system is not null order by 1"
        ).fetchall()
        (delivered,) = connection.execute(
            "select count(*) from county.county_delivery.sosdata_service_task_periods"
            " where started_on = date '2025-12-06'"
        ).fetchone()
    assert listed == [
        ("COUNTY01", "error", "cases", "a5", "k4", "opened_on", "2025-12-06"),
        ("COUNTY02", "warning", "decisions", "p1", "k3", "social_service_code", "ASU"),
    ]
    assert counted == [("COUNTY01", 5, 1, "broken"), ("COUNTY02", 1, 1, "broken")]
    assert delivered == 0


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "models/rules/county_broken_rules.sql",
            "'COUNTY02' as",
            "'COUNTY03' as",
            "has 1 rows of a rule that county_rules.csv lacks",
        ),
        ("seeds/county_rules.csv", "COUNTY02,warning", "CA01,warning", "has the id of a rule of"),
        ("seeds/county_rules.csv", "COUNTY02,warning", "COUNTY02,Warning", "neither error nor"),
        ("seeds/county_rules.csv", "Päätös koskee asumista. Tarkista tehtävä.", "", "lacks a part"),
        ("dbt_project.yml", "  own_rules: county_rules\n", "", "go together"),
    ],
    ids=["unknown rule", "our id", "severity", "no words", "one var"],
)
@pytest.mark.long
def test_rules_of_the_county_that_cannot_be_meant_stop_the_build(
    changed: Path, file: str, old: str, new: str, told: str
) -> None:
    place = changed / file
    assert old in place.read_text()
    place.write_text(place.read_text().replace(old, new))
    done = dbt(changed, "build", "--exclude-resource-type", "unit_test")
    assert done.returncode != 0
    assert told in done.stdout, done.stdout


def test_mapping_and_sections_are_one_build(changed: Path) -> None:
    """The sections read what the mapping made in the same build, and not what it made before."""
    with duckdb.connect(str(changed / "county.duckdb")) as connection:
        connection.execute(
            "insert into county.county_systems.asiat (asia_id, asiakas_id, palvelutehtava, avattu)"
            " values ('a5', 'k4', 'PA', '2025-12-01')"
        )
    select = ["--select", "+sosdata_service_task_periods", "--indirect-selection", "empty"]
    done = dbt(changed, "build", *select)
    assert done.returncode == 0, done.stdout
    with duckdb.connect(str(changed / "county.duckdb"), read_only=True) as connection:
        (found,) = connection.execute(
            "select count(*) from county.county_delivery.sosdata_service_task_periods"
            " where started_on = date '2025-12-01'"
        ).fetchone()
    assert found == 1


def test_mapping_alone_can_be_run_before_anything_is_built(changed: Path) -> None:
    (changed / "county.duckdb").unlink()
    assert dbt(changed, "run-operation", "load_county_tables").returncode == 0
    done = dbt(changed, "run", "--select", "county_cases")
    assert done.returncode == 0, done.stdout


def test_mapping_without_a_column_is_told_by_its_names(changed: Path) -> None:
    model = changed / "models" / "mapping" / "county_cases.sql"
    model.write_text(model.read_text().replace("avattu as opened_on,", ""))
    for file in changed.glob("models/mapping/county_cases.yml"):
        file.unlink()
    done = dbt(changed, "build", "--select", "county_cases", "base_extract__cases")
    assert done.returncode != 0
    told = "the model county_cases (source_model_cases) has no column opened_on."
    assert told in done.stdout, done.stdout


@pytest.mark.long
def test_build_fails_where_a_mart_is_empty(changed: Path) -> None:
    with duckdb.connect(str(changed / "county.duckdb")) as connection:
        connection.execute("delete from county.county_systems.palvelut")
    done = dbt(changed, "build")
    assert done.returncode != 0
    assert failed_nodes(changed) == {"marts_hold_rows"}, done.stdout
    assert outcome(changed) == (True, 1)
