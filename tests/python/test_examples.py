"""The worked examples: each is built as a county would, and compared with its seeds/expected/."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engines import Postgres
from warehouse import PROJECT

DBT = Path(sys.executable).with_name("dbt")
PACKAGE = ("models", "macros", "seeds", "tests", "analyses", "scripts")
LEFT_BY_BUILDS = ("dbt_packages", "target", "logs", "spark", "*.duckdb*", "python")
LOADED_BY = {"semicolon_files": [], "case_database": ["load_vendor_tables"]}
# The package's own unit tests say nothing of an example.
BUILD = ["build", "--exclude", "package:sosdata,resource_type:unit_test"]
COMPARISON = "sections_are_as_expected"


def dbt(project: Path, *command: str, **environment: str) -> subprocess.CompletedProcess:
    """dbt far from Finland's zone and without a way out to a network."""
    away = {"TZ": "Asia/Tokyo", "http_proxy": "http://127.0.0.1:9"}
    away["https_proxy"] = away["http_proxy"]
    return subprocess.run(
        [DBT, "--no-use-colors", *command],
        cwd=project,
        env=os.environ | away | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def copy_of(example: str, folder: Path) -> Path:
    """The example inside a copy of the package."""
    for name in (*PACKAGE, f"examples/{example}"):
        shutil.copytree(
            PROJECT / name, folder / name, ignore=shutil.ignore_patterns(*LEFT_BY_BUILDS)
        )
    shutil.copy(PROJECT / "dbt_project.yml", folder)
    return folder / "examples" / example


def build(project: Path, **environment: str) -> subprocess.CompletedProcess:
    """Everything that the example's README tells to run."""
    macros = LOADED_BY[project.name]
    for command in (["deps"], *(["run-operation", macro] for macro in macros)):
        done = dbt(project, *command, **environment)
        assert done.returncode == 0, done.stdout
    return dbt(project, *BUILD, **environment)


def results(project: Path) -> dict[str, set[str]]:
    """Of the last run, the ids of the nodes by what became of them."""
    found: dict[str, set[str]] = {}
    for result in json.loads((project / "target" / "run_results.json").read_text())["results"]:
        found.setdefault(result["status"], set()).add(result["unique_id"])
    return found


def assert_is_as_expected(project: Path, done: subprocess.CompletedProcess) -> None:
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout
    found = results(project)
    assert f"test.{project.name}.{COMPARISON}" in found["pass"]
    assert any(node.startswith(f"unit_test.{project.name}.") for node in found["pass"])
    # It tells of the rows that are wrong on purpose.
    assert found["warn"] == {"test.sosdata.rejected_share"}


@pytest.mark.parametrize("example", LOADED_BY)
def test_example_gives_the_sections_that_its_rows_mean(example: str, tmp_path: Path) -> None:
    project = copy_of(example, tmp_path)
    assert_is_as_expected(project, build(project))


@pytest.mark.engines
@pytest.mark.xdist_group("postgres")
def test_case_database_on_postgres(tmp_path: Path) -> None:
    project = copy_of("case_database", tmp_path)
    engine = Postgres(tmp_path)
    try:
        done = build(project, DBT_TARGET="postgres", **engine.environment)
        assert_is_as_expected(project, done)
    finally:
        engine.stop()


@pytest.mark.engines
@pytest.mark.xdist_group("spark")
def test_case_database_on_spark(tmp_path: Path) -> None:
    project = copy_of("case_database", tmp_path)
    done = build(project, DBT_TARGET="spark", SOSDATA_SPARK_DIR=str(tmp_path / "spark"))
    assert_is_as_expected(project, done)


# What a mapping could forget, each with the file in which it stands.
FORGOTTEN = {
    "semicolon_files": [
        ("models/mapping/mapped_cases.sql", "{{ day_or_open('paattyminen') }}", "paattyminen"),
        ("models/mapping/mapped_cases.sql", "then 'true'", "then 'false'"),
        (
            "models/mapping/mapped_clients.sql",
            "{{ sosdata.municipality_code('clients', 'kotikunta') }}",
            "clients.kotikunta",
        ),
        ("seeds/code_map.csv", "\N{EN DASH}", "-"),
    ],
    "case_database": [
        (
            "models/mapping/mapped_cases.sql",
            "sosdata.finnish_day('changed_at')",
            "\"cast(cast(timezone('UTC', changed_at) as date) as text)\"",
        ),
        ("models/mapping/mapped_cases.sql", "opens=['10', '95']", "opens=['10']"),
        ("models/mapping/mapped_cases.sql", "role_number = 1", "role_number > 0"),
        ("macros/is_kept.sql", "valid_to=sosdata.finnish_day(deleted_at)", "valid_to='null'"),
        ("seeds/code_map.csv", "tietokanta,sex,1,2\ntietokanta,sex,2,1\n", ""),
    ],
}


@pytest.mark.long
@pytest.mark.parametrize("example", FORGOTTEN)
def test_what_a_mapping_forgets_is_seen(example: str, tmp_path: Path) -> None:
    project = copy_of(example, tmp_path)
    assert build(project).returncode == 0
    command = ["build", "--exclude-resource-types", "unit_test", "--select"]
    for name, right, wrong in FORGOTTEN[example]:
        text = (project / name).read_text()
        assert right in text
        (project / name).write_text(text.replace(right, wrong))
        dbt(project, *command, "code_map+", "mapped_clients+", "mapped_cases+")
        assert f"test.{example}.{COMPARISON}" in results(project)["fail"], (name, right)
        (project / name).write_text(text)


def test_pipelines_call_what_is_there(tmp_path: Path) -> None:
    """docs/pipelines.md: its Python is Python, and its scripts know the steps and options."""
    page = (PROJECT / "docs" / "pipelines.md").read_text("utf-8")
    snippets = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert [ast.parse(snippet) for snippet in snippets]
    options: dict[tuple[str, str], set[str]] = {}
    for script, step, rest in re.findall(
        r'scripts/(\w+\.py)"?,? ?"?(freeze|verify|draft)?([^\n|]*)', page
    ):
        options.setdefault((script, step), set()).update(re.findall(r"--[a-z-]+", rest))
    assert {"build.py", "deliver.py", "lists.py", "analytics_file.py"} == {s for s, _ in options}
    for (script, step), named in options.items():
        told = subprocess.run(
            [sys.executable, PROJECT / "scripts" / script, *filter(None, [step]), "--help"],
            env=os.environ | {"DBT_PROJECT_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.startswith("usage: ")
        assert named <= set(re.findall(r"--[a-z-]+", told.stdout)), (script, step)
