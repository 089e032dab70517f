"""Slim CI: after a change to one model, only that model and what reads it are built."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from warehouse import PROJECT, schema_of

CHANGED = "int_sole_service_tasks"
PARTS = ("models", "macros", "seeds", "tests", "analyses", "scripts", "tools", ".ci")
pytestmark = pytest.mark.long


def slim_ci(project: Path, step: str, state: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, project / "tools" / "slim_ci.py", step, state],
        capture_output=True,
        text=True,
        check=False,
    )


def contents(database: Path) -> list[tuple[str, str]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            "select table_schema, table_name from information_schema.tables order by all"
        ).fetchall()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, to be changed, with its own demo."""
    project = tmp_path_factory.mktemp("slim") / "project"
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", "python")
        shutil.copytree(PROJECT / part, project / part, ignore=ignored)
    for file in ("dbt_project.yml", "selectors.yml"):
        shutil.copy(PROJECT / file, project)
    return project


@pytest.fixture(scope="module")
def state(project: Path) -> Path:
    state = project.parent / "state"
    saved = slim_ci(project, "save", state)
    assert saved.returncode == 0, saved.stdout + saved.stderr
    return state


@pytest.fixture(scope="module")
def readers(state: Path) -> set[str]:
    """The changed model and every model that rests on it, found in the saved manifest."""
    children = json.loads((state / "manifest.json").read_text())["child_map"]
    found, left = set(), [f"model.sosdata.{CHANGED}"]
    while left:
        node = left.pop()
        if node.startswith("model.") and node not in found:
            found.add(node)
            left += children[node]
    return {node.split(".")[2] for node in found}


def test_nothing_is_built_without_a_change(project: Path, state: Path) -> None:
    done = slim_ci(project, "run", state)
    assert done.returncode == 0, done.stdout
    assert "Nothing to do" in done.stdout


@pytest.fixture(scope="module")
def changed(project: Path, state: Path) -> Path:
    """What the run after a change left behind."""
    before = (state / "sosdata.duckdb").read_bytes()
    model = next((project / "models").rglob(f"{CHANGED}.sql"))
    sql = model.read_text()
    model.write_text(sql.replace("\nfrom ", "\n/* changed */ from ", 1))
    assert model.read_text() != sql
    done = slim_ci(project, "run", state)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (state / "sosdata.duckdb").read_bytes() == before, "the saved build was written to"
    return project / "target" / "slim_ci"


def test_only_the_changed_model_and_its_readers_are_built(changed: Path, readers: set[str]) -> None:
    results = json.loads((changed / "target" / "run_results.json").read_text())["results"]
    built = {r["unique_id"] for r in results if r["unique_id"].startswith(("model.", "seed."))}
    assert built == {f"model.sosdata.{name}" for name in readers}
    assert "sosdata_decisions" in readers and "sosdata_service_task_periods" not in readers
    found = contents(changed / "slim_ci.duckdb")
    # The history is made by a hook, and empty here.
    own = [schema for schema, _ in found if schema.startswith("main") and schema != "main_history"]
    here = {name for schema, name in found if schema in own}
    assert {name for name in here if not name.startswith("unreadable_")} == readers | {
        "build_outcome"
    }


def test_parents_are_read_from_the_saved_build(changed: Path, readers: set[str]) -> None:
    nodes = json.loads((changed / "target" / "manifest.json").read_text())["nodes"]
    for reader in readers:
        node = nodes[f"model.sosdata.{reader}"]
        for parent in node["depends_on"]["nodes"]:
            kind, _, name = parent.split(".", 2)
            if kind != "source":
                database = "slim_ci" if name in readers else "sosdata"
                relation = f'"{database}"."{schema_of(name, "main")}"."{name}"'
                assert relation in node["compiled_code"], (reader, name)


def test_slim_build_is_not_whole(changed: Path) -> None:
    with duckdb.connect(str(changed / "slim_ci.duckdb"), read_only=True) as connection:
        assert connection.execute(
            "select is_whole, nodes_failed from build_outcome"
        ).fetchall() == [(False, 0)]


def test_missing_state_is_said(project: Path, tmp_path: Path) -> None:
    done = slim_ci(project, "run", tmp_path)
    assert done.returncode == 1
    assert "has no manifest.json and no sosdata.duckdb: save a build first" in done.stderr
