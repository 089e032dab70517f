"""Relations are found or copied as they stand, or it is said in a sentence why they cannot be."""

import datetime
import fcntl
import os
import re
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from dbt.adapters.exceptions import FailedToConnectError
from dbt.contracts.graph.manifest import Manifest
from dbt_common.exceptions import DbtRuntimeError

import built_relations
import deliver
from built_relations import MARK, NoBuild
from warehouse import PROJECT, run_dbt

COLUMNS = {"code": "string", "day": "date", "number": "bigint"}
ROWS = [
    ('a"b,\r\nc\n', datetime.date(2024, 2, 1), 1),
    (None, None, None),
    ("ä'; drop table x", datetime.date(9999, 12, 31), 2),
    ("x" * 3_000_000, None, -3),
]


def node(columns: dict[str, str]) -> SimpleNamespace:
    described = {name: SimpleNamespace(name=name, data_type=kind) for name, kind in columns.items()}
    return SimpleNamespace(columns=described)


@pytest.mark.parametrize("rows", [ROWS, [ROWS[1]], []])
@pytest.mark.parametrize("at_once", [1, 3, 4, 100])
def test_rows_are_copied_as_they_stand(
    monkeypatch: pytest.MonkeyPatch, rows: list[tuple], at_once: int
) -> None:
    monkeypatch.setattr(built_relations, "ROWS_AT_ONCE", at_once)
    cursor = SimpleNamespace(description=[(name,) for name in COLUMNS], fetchall=lambda: rows)
    adapter = SimpleNamespace(add_query=lambda sql, auto_begin: (None, cursor))
    with duckdb.connect() as connection:
        for _ in range(2):
            built_relations._copy(adapter, connection, "mart", "anything", node(COLUMNS))
        copied = connection.execute("from mart")
        assert [kind for _, kind, *_ in copied.description] == ["VARCHAR", "DATE", "BIGINT"]
        assert copied.fetchall() == rows * 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FailedToConnectError("password=secret"), "server cannot be reached"),
        (DbtRuntimeError('relation "mart" does not exist: secret'), "relation mart is missing"),
        (DbtRuntimeError("permission denied for schema secret"), "may not read mart"),
    ],
)
def test_why_nothing_could_be_copied(error: Exception, told: str) -> None:
    def fail(sql: str, auto_begin: bool) -> None:
        raise error

    adapter = SimpleNamespace(add_query=fail)
    with pytest.raises(NoBuild, match=told) as stopped:
        built_relations._copy(adapter, None, "mart", "anything", node(COLUMNS))
    assert "secret" not in str(stopped.value)


# DuckDB's database.


def database(folder: Path) -> Path:
    file = folder / "built.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table there as select 1 as one")
    return file


def missing(folder: Path) -> Path:
    return folder / "nothing.duckdb"


def folder_instead(folder: Path) -> Path:
    return folder


def text(folder: Path) -> Path:
    (folder / "text.duckdb").write_text("010190-900A" * 1000)
    return folder / "text.duckdb"


def empty(folder: Path) -> Path:
    (folder / "empty.duckdb").touch()
    return folder / "empty.duckdb"


def of_sqlite(folder: Path) -> Path:
    with sqlite3.connect(folder / "other.duckdb") as connection:
        connection.execute("create table there (one int)")
    return folder / "other.duckdb"


def checksum(block: bytes) -> int:
    result = 5381
    for (word,) in struct.iter_unpack("<Q", block):
        result ^= word * 0xBF58476D1CE4E5B9 % 2**64
    return result


def newer(folder: Path) -> Path:
    """As a later DuckDB would mark it: a storage version that this one does not know."""
    file = database(folder)
    content = bytearray(file.read_bytes())
    content[12:20] = struct.pack("<Q", 12345)
    content[:8] = struct.pack("<Q", checksum(content[8:4096]))
    file.write_bytes(content)
    return file


def damaged(folder: Path) -> Path:
    file = database(folder)
    content = bytearray(file.read_bytes())
    content[4096:12288] = b"x" * 8192
    file.write_bytes(content)
    return file


def cut_off(folder: Path) -> Path:
    file = database(folder)
    file.write_bytes(file.read_bytes()[:5000])
    return file


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (missing, "there is no database .*build it first"),
        (folder_instead, "is a folder, no database"),
        (text, "is no DuckDB database"),
        (empty, "is no DuckDB database"),
        (of_sqlite, "is no DuckDB database"),
        (newer, f"was written by a newer DuckDB than {duckdb.__version__}"),
        (damaged, "may be damaged"),
        (cut_off, "may be damaged"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_why_the_database_is_not_read(
    tmp_path: Path, make: Callable[[Path], Path], told: str
) -> None:
    file = make(tmp_path)
    with (
        pytest.raises(NoBuild, match=told) as stopped,
        built_relations._duckdb(file, {"there": "there"}),
    ):
        pass
    said = str(stopped.value)
    assert str(tmp_path) in said and said.endswith(".") and "\n" not in said
    assert "900A" not in said


def test_database_that_may_not_be_read(tmp_path: Path) -> None:
    file = database(tmp_path)
    file.chmod(0)
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.seteuid(65534)
        with pytest.raises(NoBuild, match="may not be read by this account"):
            built_relations.connect_to(file)
    finally:
        if is_root:
            os.seteuid(0)


def test_engine_that_may_not_read_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise duckdb.IOException('Cannot open file "x": Permission denied')

    monkeypatch.setattr(built_relations.duckdb, "connect", fail)
    with pytest.raises(NoBuild, match="may not be read by this account"):
        built_relations.connect_to(text(tmp_path))


HOLDER = "import duckdb, sys; connection = duckdb.connect(sys.argv[1]); print(flush=True); input()"


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A database that another process holds, and that process."""
    file = database(tmp_path)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    holder.stdout.readline()
    yield file, holder.pid
    holder.communicate(b"\n")


def test_database_that_another_program_holds(held: tuple[Path, int]) -> None:
    file, process = held
    with pytest.raises(NoBuild, match=rf"held by another program \(process {process}\); close"):
        built_relations.connect_to(file)


def test_script_says_it_in_one_line(held: tuple[Path, int], tmp_path: Path) -> None:
    file, _ = held
    (tmp_path / "profiles.yml").write_text((PROJECT / "profiles.yml.example").read_text())
    places = {
        "DBT_PROFILES_DIR": tmp_path,
        "DBT_TARGET_PATH": tmp_path / "target",
        "DBT_LOG_PATH": tmp_path / "logs",
        "SOSDATA_DUCKDB_PATH": file,
        "SOSDATA_DELIVERY_DIR": tmp_path / "delivery",
    }
    done = subprocess.run(
        [sys.executable, deliver.__file__, "draft"],
        env=os.environ | {name: str(value) for name, value in places.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(
        r"Nothing was delivered: [^\n]* held by another program [^\n]*\.\n", done.stderr
    )
    assert done.stdout == ""
    assert not (tmp_path / "delivery").exists()


def test_relation_that_is_missing(tmp_path: Path) -> None:
    names = {"there": "there", "gone": '"built"."main"."gone"'}
    with (
        pytest.raises(NoBuild, match="relation gone is missing: the last build did not run whole"),
        built_relations._duckdb(database(tmp_path), names),
    ):
        pass


def test_names_are_views_of_what_was_built(tmp_path: Path) -> None:
    with built_relations._duckdb(database(tmp_path), {"seen": "there"}) as connection:
        assert connection.execute("from seen").fetchall() == [(1,)]


# The project and its profile.

SECRET = "password: [not-for-the-screen"


@pytest.mark.parametrize(
    ("profiles", "environment", "told"),
    [
        ("other: {target: x}", {}, "has no profile 'sosdata'"),
        (None, {}, "has no profile 'sosdata'"),
        (None, {"DBT_PROFILES_DIR": "/nowhere"}, "folder /nowhere does not exist"),
        ("{outputs: {x: {type: duckdb}}}", {"DBT_TARGET": "y"}, "no target 'y'"),
        (
            "{target: x, outputs: {x: {type: duckdb,"
            " path: \"{{ env_var('SOSDATA_DUCKDB_PATH') }}\"}}}",
            {"SOSDATA_DUCKDB_PATH": ""},
            "SOSDATA_DUCKDB_PATH is set but empty",
        ),
        ("{target: x, outputs: {x: {type: nosuch}}}", {}, "adapter of nosuch is not installed"),
        ("{target: x, outputs: {x: {type: duckdb, " + SECRET, {}, "cannot be read"),
        ("{target: x, outputs: {x: {type: postgres, port: abc}}}", {}, "cannot be read|installed"),
        (
            "{target: x, outputs: {x: {type: duckdb, path: \"{{ env_var('NOT_SET_HERE') }}\"}}}",
            {},
            "variable NOT_SET_HERE",
        ),
    ],
)
def test_why_the_project_is_not_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    profiles: str | None,
    environment: dict[str, str],
    told: str,
) -> None:
    if profiles:
        is_whole = profiles.startswith("other")
        (tmp_path / "profiles.yml").write_text(profiles if is_whole else f"sosdata: {profiles}")
    places = {
        "DBT_PROFILES_DIR": tmp_path,
        "DBT_TARGET_PATH": tmp_path / "target",
        "DBT_LOG_PATH": tmp_path / "logs",
        "DBT_PROJECT_DIR": PROJECT,
    }
    for name, value in (places | environment).items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(NoBuild, match=told) as stopped, built_relations.open_built([]):
        pass
    said = str(stopped.value)
    assert said.endswith(".") and "\n" not in said and "not-for-the-screen" not in said
    assert capfd.readouterr().out == ""


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Path]:
    """The manifest of the project, and the relations that it names, empty."""
    folder = tmp_path_factory.mktemp("parsed")
    manifest = run_dbt(folder, ["parse"]).result
    with duckdb.connect(str(folder / "sosdata.duckdb")) as connection:
        for node in manifest.nodes.values():
            if node.name in built_relations.SMALL:
                connection.execute(f"create schema if not exists {node.schema}")
                connection.execute(f"create table {node.relation_name} (one int)")
        connection.execute("create table main.build_outcome as select true as is_whole")
    return manifest, folder


def test_manifest_of_a_build_spares_the_parse(
    parsed: tuple[Manifest, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, folder = parsed
    monkeypatch.setattr(built_relations, "parse", lambda: pytest.fail("parsed again"))
    with built_relations.open_built([], manifest) as (connection, place):
        assert connection.execute("from build_outcome").fetchall() == [(True,)]
        for name in built_relations.SMALL:
            assert connection.execute(f"from {name}").fetchall() == []
    assert place == str(folder / "sosdata.duckdb")


def test_relation_that_the_project_does_not_make(parsed: tuple[Manifest, Path]) -> None:
    manifest, _ = parsed
    with (
        pytest.raises(NoBuild, match="does not make sosdata_gone"),
        built_relations.open_built(["sosdata_gone"], manifest),
    ):
        pass


# Folders for work in progress.


def test_workplace_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    with built_relations.workplace(tmp_path, "work-") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "deep" / "deeper").mkdir(parents=True)
        (folder / "deep" / "rows.csv").write_text("codes")
    assert list(tmp_path.iterdir()) == []


def test_workplace_of_a_killed_run_goes_first_and_a_running_one_stays(tmp_path: Path) -> None:
    killed, running = tmp_path / "work-killedxx", tmp_path / "work-running1"
    stranger = tmp_path / "work-stranger"
    for folder in (killed, running, stranger):
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "rows.csv").write_text("codes")
    for folder in (killed, running):
        (folder / MARK).touch()
    with (running / MARK).open("r+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        with built_relations.workplace(tmp_path, "work-"):
            assert not killed.exists()
            assert (running / "deep" / "rows.csv").exists()
    assert sorted(tmp_path.iterdir()) == [running, stranger]
    assert (stranger / "deep" / "rows.csv").exists()


def test_workplace_cleared_by_another_run_before_it_was_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    mkdtemp = built_relations.tempfile.mkdtemp

    def make_and_lose_the_first(**options: Path | str) -> str:
        made.append(mkdtemp(**options))
        if len(made) == 1:
            Path(made[0]).rmdir()
        return made[-1]

    monkeypatch.setattr(built_relations.tempfile, "mkdtemp", make_and_lose_the_first)
    with built_relations.workplace(tmp_path, "work-") as folder:
        assert str(folder) == made[1]


def test_workplace_cleared_by_another_run_before_it_was_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    mkdtemp = built_relations.tempfile.mkdtemp
    lock = fcntl.flock

    def lose_the_first(mark: int, how: int) -> None:
        if len(made) == 1:
            (Path(made[0]) / MARK).unlink()
            Path(made[0]).rmdir()
        return lock(mark, how)

    monkeypatch.setattr(
        built_relations.tempfile, "mkdtemp", lambda **how: made.append(mkdtemp(**how)) or made[-1]
    )
    monkeypatch.setattr(built_relations.fcntl, "flock", lose_the_first)
    with built_relations.workplace(tmp_path, "work-") as folder:
        assert folder.is_dir() and str(folder) == made[1]


def test_mark_of_a_workplace_goes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what is left by a run that is killed while it clears would never be known as ours."""
    removed = []
    unlink = Path.unlink

    def remove(place: Path, **how: bool) -> None:
        removed.append(place.name)
        unlink(place, **how)

    monkeypatch.setattr(Path, "unlink", remove)
    with built_relations.workplace(tmp_path, "work-") as folder:
        for name in (" first", "a_last", "zz"):
            (folder / name).touch()
    assert len(removed) == 4 and removed[-1] == MARK
