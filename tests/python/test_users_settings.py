"""No test of the project depends on what a user brings: settings, code lists, map, types."""

import csv
import datetime
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunnerResult

import build
from messy_extracts import identity_code
from warehouse import COLUMNS, PROJECT, find_by_name, run_dbt

# Each of them off its default.
SETTINGS = {
    "follow_up_periods": ["2023Q4", "2024Q1"],
    "organiser_code": "1.2.246.10.2012566.10.0",
    "extracted_on": "2026-06-30",
    "sections": ["I", "II", "III", "V"],
    "decision_scope": ["positive", "decided_in_period"],
    "social_services_included": ["46", "901"],
    "allow_provisional_codes": True,
    "period_gap_days": 30,
    "max_rejected_share": 0.5,
    "own_settings": ["county_colour"],
    "county_colour": "blue",
}
OTHER_SCOPES = {
    "sections": ["I", "II", "III"],
    "decision_scope": ["positive"],
    "organiser_code": "",
    "max_rejected_share": 0,
}
# Types as a warehouse has them; every other column is text.
TYPES = {
    **dict.fromkeys(("opened_on", "closed_on", "valid_from", "decided_on"), "date"),
    **dict.fromkeys(("started_on", "ended_on", "valid_until"), "timestamp"),
    **dict.fromkeys(("opened_before_2020", "started_before_2020"), "boolean"),
    **dict.fromkeys(("client_id", "case_id", "decision_id", "record_id"), "bigint"),
    **dict.fromkeys(("service_task_code", "sex_code", "decision_type_code"), "decimal(10, 2)"),
    "social_service_code": "double",
    "updated_at": "timestamp with time zone",
    "changed_on": "integer",
    "follow_up_period": '"null"',
}
ORGANISER = "1.2.246.10.32213086.10.0"


def county_rows() -> dict[str, list[dict]]:
    """Ten clients with a row in each section; texts that the engine casts to the types."""
    tables: dict[str, list[dict]] = {table: [] for table in COLUMNS}
    for number in range(10):
        born = datetime.date(1980, 1, 1 + number)
        own = {"source_system": "vendor", "client_id": str(number), "organiser_code": ORGANISER}
        coded = own | {"service_task_code": "10", "social_service_code": "46"}
        tables["clients"].append(
            own
            | {
                "personal_identity_code": identity_code(born, "-", 900 + number),
                "home_municipality_code": "837",
                "sex_code": "1",
                "updated_at": "2024-01-01 12:00:00+02",
            }
        )
        begun = {"started_on": "2023-11-01"}
        tables["cases"].append(
            coded | {"case_id": str(number), "opened_on": "2023-11-01", "opened_before_2020": "no"}
        )
        relationship = own | {"relationship_id": f"r{number}"}
        tables["child_protection_relationships"].append(relationship | begun)
        tables["decisions"].append(
            coded
            | {"decision_id": str(number), "decided_on": "2023-11-01", "decision_type_code": "1"}
        )
        tables["services_received"].append(coded | begun | {"record_id": str(number)})
    return tables


def write_typed(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for table, rows in county_rows().items():
        cells = ", ".join(
            f"cast(nullif(cells[{place}], '') as {TYPES.get(column, 'varchar')}) as {column}"
            for place, column in enumerate(COLUMNS[table], 1)
        )
        texts = [[row.get(column, "") for column in COLUMNS[table]] for row in rows]
        with duckdb.connect() as connection:
            connection.execute("create table given (cells varchar[])")
            connection.executemany(
                "insert into given values (?)", [[row] for row in texts] or [[[]]]
            )
            connection.execute(
                f"copy (select {cells} from given where len(cells) > 0)"
                f" to '{folder / table}.parquet' (format parquet)"
            )
    return folder


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county's copy: imported lists without provisional codes, its own map and exceptions."""
    project = tmp_path_factory.mktemp("county") / "sosdata"
    for part in ("models", "macros", "seeds", "tests", "analyses"):
        ignored = shutil.ignore_patterns("python")
        shutil.copytree(PROJECT / part, project / part, ignore=ignored)
    shutil.copy(PROJECT / "dbt_project.yml", project)
    replace_rows(project / "seeds/codes/codes_service_tasks.csv", without_provisional)
    replace_rows(project / "seeds/codes/codes_decision_types.csv", without_provisional)
    replace_rows(project / "seeds/codes/classifications.csv", complete)
    append(project / "seeds/settings/code_map.csv", "vendor,municipality,7,020", "vendor,sex,3,2")
    append(project / "seeds/settings/quality_exceptions.csv", "CL51,vendor,all artificial,")
    append(project / "seeds/settings/expected_sources.csv", "vendor,clients", " vendor ,cases")
    explained = ("ME02,2023Q4,,, vendor ,new", "ME02,2023Q4,,,vendr,misspelt", "ME01,2023Q4,,,,")
    append(project / "seeds/settings/measure_explanations.csv", *explained)
    return project


def replace_rows(path: Path, change: Callable[[dict], object]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row in map(change, rows) if row)


def without_provisional(row: dict) -> dict | None:
    return row if row["status"] == "national" else None


def complete(row: dict) -> dict:
    return row | {"is_complete": "true"}


def append(path: Path, *lines: str) -> None:
    path.write_text(path.read_text() + "".join(line + "\n" for line in lines))


@pytest.mark.parametrize(
    "more", [{}, pytest.param(OTHER_SCOPES, marks=pytest.mark.long)], ids=["one", "other"]
)
def test_all_tests_pass_in_a_county_with_everything_off_its_default(
    county: Path, tmp_path: Path, more: dict
) -> None:
    extract = write_typed(tmp_path / "extract")
    built = run_dbt(
        tmp_path,
        ["build", "--project-dir", str(county)],
        SETTINGS | more,
        SOSDATA_SOURCE_DIR=extract,
    )
    assert built.success, built.exception or [
        (result.node.name, result.message)
        for result in built.result
        if result.status != "success" and result.status != "pass"
    ]
    kinds = Counter(result.node.resource_type for result in built.result)
    assert kinds["unit_test"] > 50
    with duckdb.connect(str(tmp_path / "sosdata.duckdb"), read_only=True) as connection:
        find_by_name(connection)
        (delivered,) = connection.execute(
            "select count(*) from sosdata_service_task_periods"
        ).fetchone()
        (rejected,) = connection.execute(
            "select sum(rows_rejected) from quality_reconciliation"
        ).fetchone()
        explained = connection.execute(
            "select measure_id, is_notable from quality_measures where is_explained"
        ).fetchall()
    assert (delivered, rejected) == (20, 0)
    assert explained == [("ME02", False)]
    warned = {r.node.name: r.failures for r in built.result if r.status == "warn"}
    assert warned.get("explanations_fit_measures") == 2


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["vendor,sex,M,"], 'the row "vendor,sex,M," lacks a part'),
        (
            ["vendor,sex,M,1", " vendor,sex,M ,2"],
            "says another national code than a row of the same code",
        ),
        (["vendor,sex,M,1", "vendor,sex,M ,1", ",,,"], None),
    ],
)
def test_code_map_is_trimmed_and_contradictions_are_named(
    county: Path, tmp_path: Path, rows: list[str], told: str
) -> None:
    project = tmp_path / "sosdata"
    shutil.copytree(county, project)
    append(project / "seeds/settings/code_map.csv", *rows)
    built = map_of(project, tmp_path)
    if told:
        assert not built.success and told in why(built)
    else:
        assert built.success, why(built)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["vendor,U1,"], 'units.csv: the row "vendor,U1," lacks its system or language'),
        ([",U1,sv"], 'the row ",U1,sv" lacks its system or language'),
        (["vendor,,se"], 'the row "vendor,,se" has a language that is none of en, sv, fi'),
        (["vendor,,sv", " vendor, ,fi"], "says another language than a row of the same unit"),
        (["vendor,U1,sv", "vendor, U1 ,sv", ",,", "vendor,,fi"], None),
    ],
)
def test_languages_of_units_are_trimmed_and_contradictions_are_named(
    county: Path, tmp_path: Path, rows: list[str], told: str
) -> None:
    project = tmp_path / "sosdata"
    shutil.copytree(county, project)
    append(project / "seeds/settings/units.csv", *rows)
    selected = ["--select", "units stg_settings__units", "--indirect-selection", "empty"]
    built = run_dbt(
        tmp_path,
        [
            "build",
            *selected,
            "--exclude-resource-types",
            "unit_test",
            "--project-dir",
            str(project),
        ],
        SETTINGS,
        SOSDATA_SOURCE_DIR=write_typed(tmp_path / "extract"),
    )
    if told:
        assert not built.success and told in why(built)
    else:
        assert built.success, why(built)


SPREADSHEETS = {
    "semicolons": (
        b"source_system;classification;local_code;national_code\nv;sex;M;1\n",
        "semicolons",
    ),
    "one column": (
        b'"source_system,classification,local_code,national_code"\n"v,sex,M,1"\n',
        "one cell",
    ),
    "no header": (b"v,sex,M,1\n", "has no header"),
    "nothing": (b"", "is empty"),
    "a column less": (
        b"source_system,classification,local_code\nv,sex,M\n",
        "no column national_code",
    ),
    "a column more": (
        b"source_system,classification,local_code,national_code,note\nv,sex,M,1,why\n",
        None,
    ),
    "byte-order mark": (
        b"\xef\xbb\xbfsource_system,classification,local_code,national_code\nv,sex,M,1\n",
        None,
    ),
}


QUICK = {"one column", "a column more"}


@pytest.mark.parametrize(
    "case",
    [pytest.param(c, marks=[] if c in QUICK else pytest.mark.long) for c in SPREADSHEETS],
)
def test_code_map_out_of_a_spreadsheet_is_read_or_refused(
    county: Path, tmp_path: Path, case: str
) -> None:
    content, told = SPREADSHEETS[case]
    project = tmp_path / "sosdata"
    shutil.copytree(county, project)
    (project / "seeds/settings/code_map.csv").write_bytes(content)
    built = map_of(project, tmp_path)
    if told:
        assert not built.success
        assert "code_map.csv" in why(built) and told in why(built), why(built)
    else:
        assert built.success, why(built)


def test_explanations_without_a_column_are_refused(county: Path, tmp_path: Path) -> None:
    project = tmp_path / "sosdata"
    shutil.copytree(county, project)
    seed = project / "seeds/settings/measure_explanations.csv"
    seed.write_text("measure_id,follow_up_period,organiser_code,source_system,reason\n")
    extract = write_typed(tmp_path / "extract")
    named = "measure_explanations base_settings__measure_explanations"
    selected = ["build", "--select", named, "--indirect-selection", "empty"]
    built = run_dbt(
        tmp_path, [*selected, "--project-dir", str(project)], SETTINGS, SOSDATA_SOURCE_DIR=extract
    )
    assert not built.success
    assert "measure_explanations.csv has no column service_task_code" in why(built), why(built)


def test_seed_of_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "code_map.csv").write_bytes("v,sex,Mä,1".encode("cp1252"))
    with pytest.raises(build.BuildStopped, match="code_map.csv is not UTF-8. Save it again"):
        build.stop_on_unreadable_seeds(tmp_path)


def map_of(project: Path, folder: Path) -> dbtRunnerResult:
    """Only the map is built."""
    extract = write_typed(folder / "extract")
    selected = [
        "build",
        "--select",
        "code_map base_settings__code_map stg_settings__code_map",
        "--indirect-selection",
        "empty",
    ]
    return run_dbt(
        folder, [*selected, "--project-dir", str(project)], SETTINGS, SOSDATA_SOURCE_DIR=extract
    )


def why(built: dbtRunnerResult) -> str:
    failed = [str(result.message) for result in built.result or [] if result.message]
    return str(built.exception or "") + " ".join(failed)
