"""What `make setup` and `make clean` promise, in a folder of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse import PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the two scripts, and nothing to install."""
    (tmp_path / "scripts").mkdir()
    for name in ("setup.sh", "clean.sh"):
        shutil.copy(PROJECT / "scripts" / name, tmp_path / "scripts")
    (tmp_path / "requirements.txt").touch()
    return tmp_path


def run(
    project: Path, script: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SOSDATA_") and k != "PYTHON"}
    return subprocess.run(
        ["/bin/bash", f"scripts/{script}", *arguments],
        cwd=project,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("kept?")


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_clean_removes_what_builds_made_and_nothing_else(project: Path) -> None:
    kept = {
        "sosdata.duckdb",
        "target/mine.duckdb",
        "extract/clients.csv",
        "delivery_record.duckdb",
        "delivery_record.duckdb.wal",
        "delivery/2024Q1/v1/sosdata_clients.csv",
        "delivery/2024Q1/v1/manifest.json",
        "delivery/2024Q1/v2/internal/changes.csv",
        "delivery/2024Q1/sosdata_clients.csv",
        "delivery/2024Q2/draft/sosdata_clients.csv",
        "delivery/2024Q2/draft/.notes",
        "delivery/2024Q3/draft/deep/sosdata_clients.csv",
        "elsewhere/sosdata_clients.csv",
    } | files(project)
    gone = {
        "target/manifest.json",
        "target/slim_ci/slim_ci.duckdb",
        "logs/dbt.log",
        "demo/sosdata.duckdb",
        "demo/extract/clients.csv",
        "delivery/2024Q1/draft/sosdata_decisions.parquet",
        "delivery/2024Q1/draft/delivery_note.csv",
        "delivery/2024Q1/draft/sosdata_clients.jsonl",
        "demo/delivery_record.duckdb",
    }
    write(project, *kept - files(project), *gone)
    (project / "delivery" / "2024Q4").mkdir()
    (project / "delivery" / "2024Q4" / "draft").symlink_to(project / "elsewhere")
    done = run(project, "clean.sh")
    assert done.returncode == 0, done.stderr
    assert files(project) == kept
    assert done.stdout.count("no delivery wrote") == 2
    assert not (project / "delivery" / "2024Q1" / "draft").exists()


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("SOSDATA_SOURCE_DIR", "target/extract"),
        ("SOSDATA_SOURCE_DIR", "demo/extract"),
        ("SOSDATA_DUCKDB_PATH", "logs/sosdata.duckdb"),
        ("SOSDATA_RECORD_PATH", "demo/not_made_yet.duckdb"),
        ("SOSDATA_DELIVERY_DIR", "target/delivery"),
    ],
)
def test_clean_refuses_where_a_setting_lies_in_its_way(
    project: Path, name: str, place: str
) -> None:
    write(project, "target/extract/clients.csv", "logs/dbt.log", "demo/extract/clients.csv")
    before = files(project)
    done = run(project, "clean.sh", **{name: place})
    assert done.returncode == 1
    assert done.stderr.startswith(f"Nothing was removed: {name}")
    assert files(project) == before


@pytest.mark.parametrize("name", ["a[1]", "b*", "k=v", "q'q", "sp ace", "-rf"])
def test_clean_takes_the_delivery_folder_as_a_name(project: Path, name: str) -> None:
    write(project, "a1/2024Q1/draft/delivery_note.csv", f"in/{name}/2024Q1/draft/delivery_note.csv")
    done = run(project, "clean.sh", SOSDATA_DELIVERY_DIR=f"in/{name}")
    assert done.returncode == 0, done.stderr
    assert not (project / "in" / name / "2024Q1" / "draft").exists()
    assert (project / "a1/2024Q1/draft/delivery_note.csv").exists()


def failing_shims(project: Path, *names: str) -> str:
    """As pyenv's stand on the path where no version is chosen."""
    folder = project / "shims"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("#!/bin/sh\nexit 127\n")
        (folder / name).chmod(0o755)
    return str(folder)


def test_setup_finds_a_python_that_runs_and_makes_what_is_broken_again(project: Path) -> None:
    """One that fails, one of no use, one gone: the environment is made with the next, once."""
    shims = failing_shims(project, "python3", "python3.13")
    (project / "shims" / "python3.12").symlink_to(sys.executable)
    path = f"{shims}:/usr/bin:/bin"
    done = run(project, "setup.sh", "requirements.txt", PATH=path, PYTHON="/nowhere/python")
    assert done.returncode == 0, done.stderr
    assert "PYTHON=/nowhere/python does not run" in done.stderr
    python = project / ".venv" / "bin" / "python"
    version = subprocess.run([python, "--version"], capture_output=True, check=True).stdout
    assert version.decode().split() == ["Python", sys.version.split()[0]]
    again = run(project, "setup.sh", "requirements.txt", PATH=path)
    assert (again.returncode, again.stdout) == (0, "")
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    mended = run(project, "setup.sh", "requirements.txt", PATH=path)
    assert mended.returncode == 0 and ".venv is made again: its Python is gone" in mended.stdout


def test_setup_without_a_python_says_what_is_needed(project: Path) -> None:
    bash = project / "only_bash"
    bash.mkdir()
    for tool in ("dirname", "cmp"):
        (bash / tool).symlink_to(shutil.which(tool))
    done = run(project, "setup.sh", "requirements.txt", PATH=str(bash))
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11, 3.12 or 3.13 is needed")
    assert done.stderr.count("\n") == 1
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_setup_leaves_what_is_no_environment_of_its_own(project: Path, kind: str) -> None:
    write(project, "mine/notes.txt")
    if kind == "link":
        (project / ".venv").symlink_to(project / "mine")
    else:
        (project / "mine").rename(project / ".venv")
    before = files(project)
    done = run(project, "setup.sh", "requirements.txt")
    assert done.returncode == 1 and "was not made here" in done.stderr
    assert files(project) == before


def test_help_lists_every_target() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    targets = {line.split()[1] for line in listed.stdout.splitlines()}
    phony = (PROJECT / "Makefile").read_text().replace("\\\n", "").split(".PHONY:")[1]
    assert targets == set(phony.splitlines()[0].split())


@pytest.mark.parametrize("makefile", ["Makefile", "tools/county/Makefile"])
def test_name_and_reason_reach_the_script_as_they_were_written(
    tmp_path: Path, makefile: str
) -> None:
    """Neither make nor a shell reads them."""
    shutil.copy(PROJECT / makefile, tmp_path / "Makefile")
    script = tmp_path / ".venv" / "bin" / "python"
    script.parent.mkdir(parents=True)
    script.write_text('#!/bin/bash\nprintf "%s\\n" "$@"\n')
    script.chmod(0o700)
    texts = ["-A $(shell touch made) `touch made` $HOME \"x\" 'y' \\ Ä", "why; touch made"]
    told = subprocess.run(
        ["make", "--no-print-directory", "--old-file=setup", "--old-file=deps", "deliver"]
        + ["PERIOD=2024Q1"]
        + [f"{name}={text}" for name, text in zip(("SIGNED_BY", "CORRECTION"), texts, strict=True)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert told[-2:] == [f"--signed-by={texts[0]}", f"--correction={texts[1]}"]
    assert not (tmp_path / "made").exists()
