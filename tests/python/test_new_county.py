"""`make new-county`: the project that it writes, in a folder of its own and without a network."""

import copy
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
import yaml
from yamllint import linter
from yamllint.config import YamlLintConfig

import new_county
from warehouse import COLUMNS, PROJECT

NAME = "satakunta"
TARGETS = (
    "help",
    "setup",
    "setup-engines",
    "build",
    "deliver",
    "verify",
    "rewrite",
    "lists",
    "map",
    "test",
    "clean",
)
SECTIONS = (
    "sosdata_clients",
    "sosdata_service_task_periods",
    "sosdata_child_protection_periods",
    "sosdata_decisions",
    "sosdata_services_received",
)
VARS = "{extracted_on: 2026-01-15}"


def make(county: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Her Makefile, with the environment that these tests run in; nothing is installed."""
    return subprocess.run(
        ["make", "--old-file", "setup", *arguments],
        cwd=county,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def written(folder: Path) -> Path:
    """The project, with this environment in the place of its own."""
    new_county.write(folder, NAME)
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    shutil.copy(folder / "profiles.yml.example", folder / "profiles.yml")
    return folder


def files_written(county: Path) -> dict[str, str]:
    return {place: (county / place).read_text() for place in new_county.project_files(NAME, "..")}


def query(county: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(county / "sosdata.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("counties") / "county")


@pytest.fixture(scope="module")
def built(county: Path) -> subprocess.CompletedProcess:
    key = {"SOSDATA_PSEUDONYM_SALT": "artificial persons of the tests"}
    return make(county, "build", "PERIODS=2025Q4", f"VARS={VARS}", **key)


def test_project_is_green_at_once(county: Path, built: subprocess.CompletedProcess) -> None:
    """Build, tests and page, and nobody else reads what they made."""
    assert built.returncode == 0, built.stdout + built.stderr
    assert "models of satakunta, extract of 2026-01-15" in built.stdout
    assert not built.stderr
    log = (county / "logs" / "dbt.log").read_text()
    assert "WARN=0 ERROR=0 SKIP=0" in log
    assert "[warn" not in log
    draft = county / "delivery" / "2025Q4" / "draft"
    for section in SECTIONS:
        assert len((draft / f"{section}.csv").read_text().splitlines()) > 1, section
    private = [*draft.iterdir(), county / "sosdata.duckdb", county / "logs" / "dbt.log"]
    assert {path.name: path.stat().st_mode & 0o777 for path in private} == {
        path.name: 0o600 for path in private
    }
    errors = "select count(*) from main_quality.quality_violations where severity = 'error'"
    assert query(county, errors) == [(0,)]


def test_analysts_have_a_file_with_her_code_lists(
    county: Path, built: subprocess.CompletedProcess
) -> None:
    """Also with the names of counties, whose codes begin with 0."""
    with duckdb.connect(str(county / "analytics.duckdb"), read_only=True) as connection:
        found = connection.execute("select table_name from duckdb_tables()").fetchall()
        named = connection.execute(
            "select count(*), count(home_county_name_fi) from analytics_persons_named"
        ).fetchall()
        lists = {path.stem for path in (county / "seeds" / "codes").glob("codes_*.csv")}
        assert {name for (name,) in found if name.startswith("codes_")} == lists
        codes = connection.execute("select min(code), count(*) from codes_counties").fetchall()
    assert codes == [("01", 23)]
    assert named[0][0] == named[0][1] > 0


def test_her_delivery_is_frozen_and_her_units_get_lists(
    county: Path, built: subprocess.CompletedProcess
) -> None:
    """By her own commands, in her own folder, and nothing of it is committed."""
    signed = "SIGNED_BY=Aino Virtanen"
    done = make(county, "deliver", "PERIOD=2025Q4", signed)
    assert done.returncode == 0, done.stderr
    version = county / "delivery" / "2025Q4" / "v1"
    note = (version / "delivery_note.sv.md").read_text("utf-8")
    for system in json.loads((version / "manifest.json").read_text("utf-8"))["source_systems"]:
        assert system in note
    shutil.rmtree(version)
    again = make(county, "deliver", "PERIOD=2025Q4", signed)
    assert "written from the delivery record" in again.stdout, again.stderr
    assert make(county, "verify", f"DIR={version}").returncode == 0
    assert make(county, "lists").returncode == 0
    assert list((county / "delivery" / "lists").rglob("*.xlsx"))
    subprocess.run(["git", "init", "--quiet"], cwd=county, check=True)
    asked = ["git", "status", "--porcelain", "--untracked-files=all"]
    told = subprocess.run(asked, cwd=county, capture_output=True, text=True, check=True).stdout
    assert "models/mapping/" in told
    assert not re.search("delivery|duckdb|record", told)


def delivered(county: Path) -> dict[str, object]:
    """All rows of the record but what was listed, and the bytes of frozen folders."""
    found: dict[str, object] = {}
    with duckdb.connect(str(county / "delivery_record.duckdb"), read_only=True) as connection:
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            if name != "listed_violations":
                found[name] = connection.execute(f"from {name} order by all").fetchall()
    for file in (county / "delivery").rglob("v[0-9]*/**/*"):
        if file.is_file():
            found[str(file)] = (file.read_bytes(), file.stat().st_mode)
    return found


@pytest.mark.long
def test_nothing_that_she_can_run_changes_what_was_delivered(tmp_path: Path) -> None:
    """F1: whatever is built, dropped, refused, refreshed or cleaned."""
    county = written(tmp_path / "county")
    build = ("build", "PERIODS=2025Q4", f"VARS={VARS}")
    freeze = ("deliver", "PERIOD=2025Q4", "SIGNED_BY=Aino Virtanen")
    assert make(county, *build).returncode == make(county, *freeze).returncode == 0
    before = delivered(county)
    assert before["deliveries"] and len(before) > 10
    everything = [
        (0, build),
        (0, ("build", "PERIODS=2025Q2 2025Q3", f"VARS={VARS}")),
        (0, ("lists",)),
        (2, ("build", "PERIODS=2025Q4", "VARS={extracted_on: never}")),
        (2, freeze),
        (0, ("test",)),
        (0, ("map",)),
        (0, ("clean",)),
        (0, ("build", "PERIODS=2025Q4", "VARS={extracted_on: 2026-01-16, sections: [I, II, III]}")),
        (0, ("deliver",)),
        (0, ("verify", "DIR=delivery/2025Q4/v1")),
        (0, ("rewrite", "PERIOD=2025Q4", "VERSION=1")),
    ]
    for code, command in everything:
        done = make(county, *command)
        assert done.returncode == code, (command, done.stdout, done.stderr)
        assert delivered(county) == before, command
    for options in (
        ["build", "--full-refresh", "--exclude-resource-type", "unit_test", "--vars", VARS],
        ["run", "--empty", "--vars", VARS],
        ["docs", "generate", "--vars", VARS],
        ["clean"],
    ):
        subprocess.run([county / ".venv" / "bin" / "dbt", *options], cwd=county, check=True)
        assert delivered(county) == before, options
    for place in county.glob("sosdata.duckdb*"):
        place.unlink()
    assert make(county, *build).returncode == 0
    assert delivered(county) == before


def test_every_target_stands_in_help_and_can_be_run(county: Path) -> None:
    told = make(county, "help")
    assert tuple(re.findall(r"^  make ([a-z-]+)", told.stdout, re.MULTILINE)) == TARGETS
    for target in TARGETS:
        done = make(county, "--dry-run", target, "DIR=folder", "PERIOD=2025Q4", "VERSION=1")
        assert done.returncode == 0, done.stderr


def test_environment_is_made_in_the_county_s_folder(tmp_path: Path) -> None:
    """By the package's script and lock file; here one that asks for nothing."""
    package, county = tmp_path / "package", tmp_path / "county"
    (package / "scripts").mkdir(parents=True)
    shutil.copy(PROJECT / "scripts" / "setup.sh", package / "scripts")
    (package / "requirements.txt").touch()
    new_county.write(county, NAME)
    done = subprocess.run(
        ["make", "setup", f"SOSDATA_PACKAGE={package}", f"PYTHON={sys.executable}"],
        cwd=county,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (county / ".venv" / ".requirements.txt").exists()
    assert (county / "profiles.yml").exists()
    assert sorted(path.name for path in package.iterdir()) == ["requirements.txt", "scripts"]


def test_what_is_there_stays_as_it_is(county: Path, capsys: pytest.CaptureFixture) -> None:
    before = files_written(county)
    with pytest.raises(new_county.NotWritten, match="is there and not empty"):
        new_county.write(county, "pirkanmaa")
    assert files_written(county) == before
    assert not list(county.rglob("pirkanmaa*"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Satakunta",
        "2county",
        "a-county",
        "my county",
        "å",
        "c" * 33,
        "sosdata",
        "dbt",
        "example",
    ],
)
def test_name_that_dbt_would_not_take_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(new_county.NotWritten, match="NAME="):
        new_county.write(tmp_path / "county", name)
    assert not (tmp_path / "county").exists()


@pytest.mark.parametrize(
    ("folder", "way", "told"),
    [
        (PROJECT / "county", "..", "lies in sosdata"),
        (PROJECT, ".", "lies in sosdata"),
        (PROJECT.parent / "new", "../my clone", "holds a blank"),
        (PROJECT.parent / "new", "../$clone", "holds a blank"),
    ],
)
def test_folder_that_would_not_do_is_refused(folder: Path, way: str, told: str) -> None:
    with pytest.raises(new_county.NotWritten, match=told):
        new_county.stop_on_wrong_folder(folder, way)


def columns_of_mapping(files: dict[str, str], table: str) -> list[str]:
    model = files[f"models/mapping/{NAME}_{table}.sql"]
    return re.findall(r"^    [^-].* as (\w+),?$", model, re.MULTILINE)


def test_mapping_has_the_columns_of_the_contract(county: Path) -> None:
    files = files_written(county)
    models = yaml.safe_load(files["models/mapping/_mapping__models.yml"])["models"]
    project = yaml.safe_load(files["dbt_project.yml"])
    for table, model in zip(COLUMNS, models, strict=True):
        assert columns_of_mapping(files, table) == COLUMNS[table]
        assert model["name"] == project["vars"][f"source_model_{table}"] == f"{NAME}_{table}"
        assert [column["name"] for column in model["columns"]] == COLUMNS[table]
        example = files[f"seeds/example/example_{table}.csv"].splitlines()
        assert next(csv.reader(example)) == COLUMNS[table]
        sql = files[f"models/mapping/{NAME}_{table}.sql"]
        assert sql.count("    -- Sections: ") == len(COLUMNS[table])


def test_new_column_of_the_contract_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its meaning and form come along, and the example leaves it empty."""
    changed = copy.deepcopy(new_county.contract())
    changed.tables["cases"].columns["urgency"] = SimpleNamespace(
        description="How soon. Mandatory.", is_required=True, examples=["now"]
    )
    monkeypatch.setattr(new_county, "contract", lambda: changed)
    files = new_county.project_files(NAME, "../sosdata")
    assert columns_of_mapping(files, "cases")[-1] == "urgency"
    model = files[f"models/mapping/{NAME}_cases.sql"]
    assert "    -- How soon. Mandatory.\n    -- Such as: now.\n    -- Sections: II" in model
    assert files["seeds/example/example_cases.csv"].splitlines()[0].endswith(",urgency")
    assert "urgency" in files["models/mapping/_mapping__models.yml"]


def test_nothing_is_said_of_columns_that_are_not_there() -> None:
    columns = {f"{table}.{column}" for table in COLUMNS for column in COLUMNS[table]}
    bare = {place.partition(".")[2] for place in columns}
    assert set(new_county.SECTIONS) == set(COLUMNS)
    assert set(new_county.FEWER_SECTIONS) <= columns | bare
    assert set(new_county.EXPRESSIONS) <= columns


def test_texts_are_filled_in_and_pass_the_linter(county: Path) -> None:
    config = YamlLintConfig(content=(PROJECT / ".yamllint").read_text())
    for place, text in files_written(county).items():
        assert not re.search("COUNTY_NAME|TABLE_NAME|SOSDATA_PATH|_VERSION", text), place
        if place.endswith((".yml", ".yaml")):
            assert not list(linter.run(text, config)), place


def test_profile_has_our_targets(county: Path) -> None:
    ours = yaml.safe_load((PROJECT / "profiles.yml.example").read_text())["sosdata"]
    hers = yaml.safe_load((county / "profiles.yml.example").read_text())[NAME]
    for profile in (ours, hers):
        del profile["outputs"]["duckdb"]["path"]
    assert hers == ours


def test_what_holds_persons_is_ignored_by_git(
    county: Path, built: subprocess.CompletedProcess
) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=county, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=county,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(listed.stdout.splitlines()) == set(new_county.project_files(NAME, ".."))


@pytest.mark.long
def test_her_tests_run_alone_and_find_a_row_that_the_mapping_lost(tmp_path: Path) -> None:
    county = written(tmp_path / "county")
    done = make(county, "test")
    assert done.returncode == 0, done.stdout
    assert "PASS satakunta_cases::marks_of_the_example_are_read" in done.stdout
    model = county / "models" / "mapping" / f"{NAME}_clients.sql"
    model.write_text(model.read_text() + "where updated_at is not null\n")
    done = make(county, "test")
    assert done.returncode != 0
    assert "every_row_is_mapped" in done.stdout
    stopped = make(county, "build")
    assert stopped.returncode != 0
    assert "every_row_is_mapped" in stopped.stderr
    assert not (county / "delivery").exists()


@pytest.mark.long
def test_tables_of_her_systems_take_the_place_of_the_example(
    county: Path, built: subprocess.CompletedProcess, tmp_path: Path
) -> None:
    """What her README tells, done: the example is gone, and nothing warns of what it left."""
    hers = written(tmp_path / "county")
    with duckdb.connect(str(hers / "sosdata.duckdb")) as connection:
        connection.execute("create schema systems")
        for table in COLUMNS:
            rows = county / "seeds" / "example" / f"example_{table}.csv"
            connection.execute(
                f"create table systems.{table} as from read_csv('{rows}', all_varchar = true)"
            )
    tables = [{"name": table} for table in COLUMNS]
    sources = yaml.safe_dump({"sources": [{"name": "systems", "tables": tables}]})
    (hers / "models" / "mapping" / "_systems__sources.yml").write_text(sources)
    places = [*(hers / "models").rglob("*"), *(hers / "tests").iterdir()]
    for place in (place for place in places if place.is_file()):
        changed = re.sub(r"ref\('example_(\w+)'\)", r"source('systems', '\1')", place.read_text())
        place.write_text(changed)
    shutil.rmtree(hers / "seeds" / "example")
    done = make(hers, "build", "PERIODS=2025Q4", f"VARS={VARS}")
    assert done.returncode == 0, done.stderr
    assert "[warn" not in (hers / "logs" / "dbt.log").read_text()
    assert read_drafts(hers) == read_drafts(county)
    done = make(hers, "test")
    assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_new_version_of_the_package_needs_no_edit(tmp_path: Path) -> None:
    """A model has changed in it; what was built before is there, and is delivered alike."""
    package, county = tmp_path / "sosdata", written(tmp_path / "county")
    for folder in ("models", "macros", "seeds", "tests", "analyses", "scripts"):
        ignored = shutil.ignore_patterns("python", "__pycache__")
        shutil.copytree(PROJECT / folder, package / folder, ignore=ignored)
    shutil.copy(PROJECT / "dbt_project.yml", package)
    environment = {"SOSDATA_PACKAGE": "../sosdata"}
    arguments = ["build", "PERIODS=2025Q4", f"VARS={VARS}"]
    done = make(county, *arguments, **environment)
    assert done.returncode == 0, done.stderr
    before = files_written(county)
    drafts = read_drafts(county)

    change(package / "dbt_project.yml", 'version: "0.1.0"', 'version: "0.2.0"')
    model = package / "models" / "intermediate" / "quality" / "int_source_systems.sql"
    change(
        model,
        "select source_system\nfrom systems",
        "select source_system, 2 as version\nfrom systems",
    )
    change(model, "as source_system\nwhere", "as source_system, 2 as version\nwhere")
    done = make(county, *arguments, **environment)
    assert done.returncode == 0, done.stderr
    assert query(county, "select version from main.int_source_systems") == [(2,)]
    assert files_written(county) == before
    assert read_drafts(county) == drafts


def read_drafts(county: Path) -> dict[str, bytes]:
    drafts = county / "delivery" / "2025Q4" / "draft"
    return {path.name: path.read_bytes() for path in drafts.glob("sosdata_*.csv")}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
