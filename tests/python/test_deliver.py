"""The delivered files: the same bytes for the same extract (P4), whole or not at all, private."""

import errno
import fcntl
import os
import random
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

import deliver
import kill_deliveries
import layout
from built_relations import MARK
from kill_deliveries import PERIODS, make_database
from messy_extracts import messy_extract
from test_slow_reading import BASE, MORE_SEED_ROWS
from warehouse import Compiled, compile_project

# Of a draft in the layout that none is chosen for.
FILES = {f"{relation}.{e}" for relation in deliver.SECTIONS.values() for e in ("csv", "parquet")}
FILES |= {deliver.NOTE}
CHOSEN = BASE | {"allow_provisional_codes": True}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> Iterator[Compiled]:
    build = compile_project(tmp_path_factory.mktemp("deliver"), seeded, CHOSEN, MORE_SEED_ROWS)
    build.connection.execute(
        "create or replace table build_outcome as select true as is_whole, 0 as nodes_failed"
    )
    build.build(messy_extract(1))
    yield build
    build.connection.close()


def contents(target: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(target)): file.read_bytes()
        for file in sorted(target.rglob("*"))
        if file.is_file()
    }


def test_shuffled_rows_and_a_second_build_give_the_same_bytes(
    build: Compiled, tmp_path: Path
) -> None:
    deliver.deliver(build.connection, tmp_path / "first")
    tables = messy_extract(1)
    for seed in (1, 2, 3):
        for rows in tables.values():
            random.Random(seed).shuffle(rows)
        build.build(tables)
        deliver.deliver(build.connection, tmp_path / "again")
        assert contents(tmp_path / "again") == contents(tmp_path / "first")


def test_no_model_knows_the_day_of_the_run(build: Compiled) -> None:
    """A later run gives the same rows: with extracted_on given, no SQL asks for the time (P4)."""
    clock = re.compile(r"current_date|current_timestamp|localtime|\bnow\(|\btoday\(|random\(")
    assert [name for name, sql, _ in build.models if clock.search(sql.lower())] == []


def test_one_folder_a_period_and_one_file_a_section(build: Compiled, tmp_path: Path) -> None:
    folders = deliver.deliver(build.connection, tmp_path)
    assert folders == [tmp_path / period / "draft" for period in BASE["follow_up_periods"]]
    expected = FILES - {deliver.NOTE}
    for folder in folders:
        assert {file.name for file in folder.iterdir()} == expected | {"delivery_note.csv"}


@pytest.mark.parametrize("relation", deliver.SECTIONS.values())
def test_files_hold_the_sorted_rows_of_their_period(
    build: Compiled, tmp_path: Path, relation: str
) -> None:
    for folder in deliver.deliver(build.connection, tmp_path):
        rows = build.rows(
            f"select * from {relation} where follow_up_period = '{folder.parent.name}'"
            " order by all nulls first"
        )
        assert build.rows(f"select * from '{folder}/{relation}.parquet'") == rows
        text = (folder / f"{relation}.csv").read_text(encoding="utf-8").split("\n")
        columns = [name for (name, *_) in build.rows(f"describe {relation}")]
        lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
        assert text == [",".join(columns), *lines, ""]


def test_section_without_rows_is_a_header(build: Compiled, tmp_path: Path) -> None:
    build.build({})
    for folder in deliver.deliver(build.connection, tmp_path):
        text = (folder / "sosdata_clients.csv").read_text()
        assert text.split("\n", 1)[1] == "" and text.startswith("follow_up_period,organiser_code,")
    build.build(messy_extract(1))


def test_section_left_out_is_no_file(build: Compiled, tmp_path: Path) -> None:
    build.connection.execute("create or replace temp table kept as from delivery_periods")
    build.connection.execute("update delivery_periods set sections = 'I II III V'")
    for folder in deliver.deliver(build.connection, tmp_path):
        assert not (folder / "sosdata_decisions.csv").exists()
        assert (folder / "sosdata_services_received.csv").exists()
    build.connection.execute("delete from delivery_periods; insert into delivery_periods from kept")


def test_files_are_for_their_owner_only(build: Compiled, tmp_path: Path) -> None:
    target = tmp_path / "delivery"
    deliver.deliver(build.connection, target)
    for place in [target, *target.rglob("*")]:
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0, place


@pytest.mark.parametrize("full_at", [1, 8, 30])
def test_full_disk_leaves_the_old_delivery_as_it_was(
    build: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_at: int
) -> None:
    deliver.deliver(build.connection, tmp_path)
    before = contents(tmp_path)
    written = []

    def write_until_full(
        connection: duckdb.DuckDBPyConnection, rows: str, file: Path, options: str
    ) -> None:
        written.append(file)
        if len(written) == full_at:
            file.write_text("follow_up_per")
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(connection, rows, file, options)

    whole = layout.write
    for module in (deliver, layout):
        monkeypatch.setattr(module, "write", write_until_full)
    with pytest.raises(deliver.NotDelivered, match="No space left on device"):
        deliver.deliver(build.connection, tmp_path)
    assert contents(tmp_path) == before
    assert sorted(place.name for place in tmp_path.iterdir()) == BASE["follow_up_periods"]


def test_provisional_codes_are_not_delivered(build: Compiled, tmp_path: Path) -> None:
    build.connection.execute("create or replace temp table kept as from delivery_periods")
    build.connection.execute("update delivery_periods set allow_provisional_codes = false")
    with pytest.raises(deliver.NotDelivered, match="X-"):
        deliver.deliver(build.connection, tmp_path / "delivery")
    assert not (tmp_path / "delivery").exists()
    build.connection.execute("delete from delivery_periods; insert into delivery_periods from kept")


@pytest.mark.parametrize("outcome", ["false as is_whole, 0", "true as is_whole, 1"])
def test_build_that_did_not_pass_is_not_delivered(
    build: Compiled, tmp_path: Path, outcome: str
) -> None:
    build.connection.execute("create or replace temp table kept_outcome as from build_outcome")
    build.connection.execute(
        f"create or replace table build_outcome as select {outcome} as nodes_failed"
    )
    with pytest.raises(deliver.NotDelivered, match="did not run whole and pass"):
        deliver.deliver(build.connection, tmp_path / "delivery")
    assert not (tmp_path / "delivery").exists()
    build.connection.execute("create or replace table build_outcome as from kept_outcome")


# Where it is written, and what is left alone: a small database is enough.


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_database(tmp_path_factory.mktemp("small") / "small.duckdb", "one")


@pytest.fixture
def small(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    monkeypatch.delenv("SOSDATA_SOURCE_DIR", raising=False)
    for module in (deliver, layout):
        monkeypatch.setattr(module, "sync", lambda place: None)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as small (read_only)")
        connection.execute("use small")
        yield connection


def everything(folder: Path) -> dict[str, Path | bytes | None]:
    """Each file, folder and link under the folder, with what it holds."""
    found: dict[str, Path | bytes | None] = {}
    for place in sorted(folder.rglob("*")):
        name = str(place.relative_to(folder))
        if place.is_symlink():
            found[name] = place.readlink()
        else:
            found[name] = place.read_bytes() if place.is_file() else None
    return found


def refused(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    match: str,
    within: Path | None = None,
    **options: Path,
) -> None:
    """In one sentence, and with nothing written or deleted."""
    before = everything(within or target)
    with pytest.raises(deliver.NotDelivered, match=match) as stopped:
        deliver.deliver(connection, target, **options)
    assert everything(within or target) == before
    text = str(stopped.value)
    assert "\n" not in text and text.endswith(".")


def test_only_the_draft_is_replaced(small: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    kept = ["v1/manifest.json", "sosdata_clients.csv", "delivery_note.csv", "notes/a.txt"]
    for name in kept:
        place = tmp_path / "2024Q1" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("kept")
    (tmp_path / "2023Q4").mkdir()
    (tmp_path / "lists.xlsx").write_text("kept")
    for _ in range(2):
        deliver.deliver(small, tmp_path)
        for name in (*(f"2024Q1/{name}" for name in kept), "lists.xlsx"):
            assert (tmp_path / name).read_text() == "kept"
    assert sorted(place.name for place in tmp_path.iterdir()) == ["2023Q4", *PERIODS, "lists.xlsx"]


def strange_file(draft: Path) -> None:
    (draft / "clients.csv").write_text("a stranger's")


def strange_hidden_file(draft: Path) -> None:
    (draft / ".hidden").write_text("a stranger's")


def strange_folder(draft: Path) -> None:
    (draft / "sosdata_decisions.csv").unlink()
    (draft / "sosdata_decisions.csv").mkdir()


def strange_link(draft: Path) -> None:
    (draft / "delivery_note.csv").unlink()
    (draft / "delivery_note.csv").symlink_to(draft / "sosdata_clients.csv")


def draft_is_a_link(draft: Path) -> None:
    draft.rename(draft.with_name("elsewhere"))
    draft.symlink_to("elsewhere")


def draft_is_a_dangling_link(draft: Path) -> None:
    draft.rename(draft.with_name("elsewhere"))
    draft.symlink_to("nowhere")


def draft_is_a_file(draft: Path) -> None:
    draft.rename(draft.with_name("elsewhere"))
    draft.write_text("a stranger's")


def period_is_a_file(draft: Path) -> None:
    draft.parent.rename(draft.parent.with_name("elsewhere"))
    draft.parent.write_text("a stranger's")


def period_is_a_link(draft: Path) -> None:
    draft.parent.rename(draft.parent.with_name("elsewhere"))
    draft.parent.symlink_to("elsewhere")


STRANGERS = [
    strange_file,
    strange_hidden_file,
    strange_folder,
    strange_link,
    draft_is_a_link,
    draft_is_a_dangling_link,
    draft_is_a_file,
    period_is_a_file,
    period_is_a_link,
]


@pytest.mark.parametrize("period", [PERIODS[0], PERIODS[-1]])
@pytest.mark.parametrize("put", STRANGERS, ids=lambda put: put.__name__)
def test_what_no_delivery_wrote_is_not_replaced(
    small: duckdb.DuckDBPyConnection, tmp_path: Path, put: Callable[[Path], object], period: str
) -> None:
    """Looked at for all periods first: the second delivery would write other bytes."""
    deliver.deliver(small, tmp_path)
    for file in tmp_path.rglob("sosdata_clients.csv"):
        file.write_text("as it was")
    put(tmp_path / period / "draft")
    refused(small, tmp_path, "no delivery wrote|a folder of its own")


def test_stranger_that_comes_while_files_are_written_is_kept(
    small: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver.deliver(small, tmp_path)
    stranger = tmp_path / PERIODS[1] / "draft" / "notes.txt"
    whole = deliver.write_period

    def write_and_be_disturbed(*arguments: object) -> None:
        stranger.write_text("kept")
        whole(*arguments)

    monkeypatch.setattr(deliver, "write_period", write_and_be_disturbed)
    with pytest.raises(deliver.DeliveredInPart, match="draft of 2024Q1 is new, no other"):
        deliver.deliver(small, tmp_path)
    assert stranger.read_text() == "kept"
    assert not list(tmp_path.glob(".unfinished-*"))


def test_delivery_folder_that_is_a_file(small: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "delivery").write_text("kept")
    refused(small, tmp_path / "delivery", "is a file where", within=tmp_path)
    refused(small, tmp_path / "delivery" / "below", "a part of the path is a file", within=tmp_path)


def test_delivery_folder_that_is_a_link_to_itself(
    small: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "delivery").symlink_to("delivery")
    refused(small, tmp_path / "delivery", "is a link", within=tmp_path)


@pytest.mark.parametrize("by", ["environment", "argument", "link", "link to delivery", "relative"])
@pytest.mark.parametrize(
    "source",
    ["x", "x/2024Q1", "x/2024Q1/draft", "x/2024Q3/draft/extract", "x/extract", "."],
)
def test_extract_and_delivery_lie_apart(
    small: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    by: str,
) -> None:
    extract, target = tmp_path / source, tmp_path / "x"
    extract.mkdir(parents=True, exist_ok=True)
    target.mkdir(exist_ok=True)
    (extract / "sosdata_clients.csv").write_text("the extract")
    if by == "link":
        (tmp_path / "link").symlink_to(extract)
        extract = tmp_path / "link"
    if by == "link to delivery":
        (tmp_path / "link").symlink_to(target)
        target = tmp_path / "link"
    if by == "relative":
        monkeypatch.setattr(deliver, "PROJECT", tmp_path)
        extract = Path(source)
    if by == "argument":
        refused(small, target, "lie in one another", within=tmp_path, source=extract)
    else:
        monkeypatch.setenv("SOSDATA_SOURCE_DIR", str(extract))
        refused(small, target, "lie in one another", within=tmp_path)


def test_extract_beside_the_delivery_is_no_obstacle(
    small: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "delivery-extract").mkdir()
    monkeypatch.setenv("SOSDATA_SOURCE_DIR", str(tmp_path / "delivery-extract"))
    assert deliver.deliver(small, tmp_path / "delivery")


def test_delivery_folder_may_be_a_link(small: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "delivery").symlink_to("disk")
    drafts = deliver.deliver(small, tmp_path / "delivery")
    assert drafts == [tmp_path / "disk" / period / "draft" for period in PERIODS]


def test_extract_that_the_build_names_is_kept(
    small: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    extract = tmp_path / "2024Q1"
    extract.mkdir()
    small.execute(
        "create temp table build_outcome as"
        f" select '{extract}' as source, 0 as nodes_failed, 'True' as is_whole"
    )
    refused(small, tmp_path, "lie in one another")


@pytest.mark.parametrize("place", ["2024Q1/draft", "2023Q1/draft/deep"])
@pytest.mark.parametrize("linked", [False, True])
def test_database_in_a_draft_is_kept(
    small: duckdb.DuckDBPyConnection, tmp_path: Path, place: str, linked: bool
) -> None:
    """Under a name that a delivery would replace."""
    file = tmp_path / "delivery" / place / "sosdata_clients.csv"
    file.parent.mkdir(parents=True)
    with duckdb.connect() as other:
        other.execute(f"attach '{file}' as other")
        other.execute("create table other.kept as select 1 as one")
    if linked:
        (tmp_path / "link.duckdb").symlink_to(file)
        file = tmp_path / "link.duckdb"
    small.execute(f"attach '{file}' as other (read_only)")
    refused(small, tmp_path / "delivery", "lies in a draft")


NAMES = [
    "a[1]",
    "b*",
    "c?",
    "d{x}",
    "k=v",
    "#h",
    "%20",
    "q'q",
    'w"w',
    "ä€ö",
    "~",
    "$HOME",
    ";x",
    "\\back",
    "s3:x",
]


@pytest.mark.parametrize("name", [*NAMES, ";x", "\\back", "s3:x", " b c ", "new\nline", "-rf"])
def test_path_is_a_name(
    small: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(deliver, "PROJECT", tmp_path)
    (tmp_path / "a1").mkdir()
    for given in (name, str(tmp_path / "absolute" / name)):
        monkeypatch.setenv("SOSDATA_DELIVERY_DIR", given)
        target = deliver.delivery_dir()
        assert target == tmp_path / given
        for draft in deliver.deliver(small, target):
            assert {file.name for file in draft.iterdir()} == FILES
            text = (draft / "sosdata_clients.csv").read_text()
            assert text.startswith("follow_up_period,organiser_code,n\n")
    assert sorted(place.name for place in tmp_path.iterdir()) == sorted(["a1", "absolute", name])
    assert list((tmp_path / "a1").iterdir()) == []


@pytest.mark.parametrize("value", ["", " ", "\t", "\udce4"])
@pytest.mark.parametrize("is_demo", [False, True])
def test_folder_that_is_no_name_is_said(
    monkeypatch: pytest.MonkeyPatch, value: str, is_demo: bool
) -> None:
    name = "SOSDATA_DEMO_DIR" if is_demo else "SOSDATA_DELIVERY_DIR"
    monkeypatch.setenv(name, value)
    with pytest.raises(deliver.NotDelivered, match=f"{name} is (set but empty|not UTF-8)"):
        deliver.delivery_dir(is_demo)


def test_demo_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(deliver, "PROJECT", tmp_path)
    monkeypatch.delenv("SOSDATA_DEMO_DIR", raising=False)
    monkeypatch.setenv("SOSDATA_DELIVERY_DIR", "real")
    assert deliver.delivery_dir(False) == tmp_path / "real"
    assert deliver.delivery_dir(True) == tmp_path / "demo" / "delivery"
    monkeypatch.setenv("SOSDATA_DEMO_DIR", "trial")
    assert deliver.delivery_dir(True) == tmp_path / "trial" / "delivery"
    monkeypatch.delenv("SOSDATA_DELIVERY_DIR")
    assert deliver.delivery_dir(False) == tmp_path / "delivery"


@pytest.mark.parametrize(
    ("columns", "is_demo"),
    [
        ("true is_whole, 0 nodes_failed", False),
        ("0 nodes_failed, true is_demo, true is_whole", True),
        ("'t' is_whole, '0' nodes_failed, 'True' is_demo", True),
        ("true is_whole, 0 nodes_failed, cast(null as boolean) is_demo", False),
    ],
)
def test_outcome_is_read_by_column(columns: str, is_demo: bool) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"create table build_outcome as select {columns}")
        outcome = deliver.build_outcome(connection)
        deliver.stop_on_unfinished_build(outcome)
        assert outcome["is_demo"] == is_demo
        connection.execute("delete from build_outcome")
        with pytest.raises(deliver.NotDelivered, match="did not run whole"):
            deliver.stop_on_unfinished_build(deliver.build_outcome(connection))


def test_wide_umask_and_folders_widen_nothing(
    small: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    old = there / PERIODS[0]
    old.mkdir(parents=True)
    there.chmod(0o755)
    old.chmod(0o775)
    before = os.umask(0)
    try:
        deliver.deliver(small, there)
        deliver.deliver(small, tmp_path / "new" / "below")
    finally:
        os.umask(before)
    assert stat.S_IMODE(there.stat().st_mode) == 0o755
    assert stat.S_IMODE(old.stat().st_mode) == 0o775
    for place in tmp_path.rglob("*"):
        if place not in (there, old):
            expected = 0o700 if place.is_dir() else 0o600
            assert stat.S_IMODE(place.stat().st_mode) == expected, place


def test_folder_without_the_right_to_write_is_said_first(
    small: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / PERIODS[-1]
    closed.mkdir()
    monkeypatch.setattr(deliver.os, "access", lambda place, mode: Path(place) != closed)
    refused(small, tmp_path, f"may not write to .*{PERIODS[-1]}")


LIMITED = """
import resource, sys, duckdb, deliver
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    try:
        deliver.deliver(connection, deliver.Path(sys.argv[2]))
    except deliver.NotDelivered as stopped:
        print(stopped)
"""


def test_file_that_the_engine_cannot_write_leaves_the_old_delivery(
    small: duckdb.DuckDBPyConnection, database: Path, tmp_path: Path
) -> None:
    target = tmp_path / "delivery"
    deliver.deliver(small, target)
    before = everything(target)
    large = make_database(tmp_path / "large.duckdb", "large", 10_000)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(large), str(target)],
        env=os.environ | {"PYTHONPATH": str(Path(deliver.__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("the files could not be written to"), done.stderr
    assert done.stdout.count("\n") == 1
    assert everything(target) == before


@pytest.mark.parametrize(
    "error",
    [
        duckdb.IOException('Could not write file "x": No space left on device'),
        duckdb.IOException("Read-only file system"),
        duckdb.OutOfMemoryException("failed to offload a cell: 010190-900A"),
        duckdb.ConversionException("Could not convert string '010190-900A'"),
        OSError(errno.EROFS, "Read-only file system", "010190-900A"),
    ],
)
def test_no_cell_is_in_a_message(
    small: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(layout, "write", fail)
    with pytest.raises(deliver.NotDelivered, match=r"\.$") as stopped:
        deliver.deliver(small, tmp_path)
    assert "900A" not in str(stopped.value) and "\n" not in str(stopped.value)
    assert everything(tmp_path) == {}


# Folders of deliveries that did not end.


def left_behind(target: Path, name: str, *, mark: bool = True) -> Path:
    """What a killed delivery leaves, with identity codes in it."""
    folder = target / name
    for part in ("2024Q1", "replaced-2024Q1"):
        (folder / part).mkdir(parents=True)
        (folder / part / "sosdata_clients.csv").write_text("codes")
    if mark:
        (folder / MARK).touch()
    folder.chmod(0o700)
    return folder


def test_killed_deliveries_are_cleared(small: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    left = [
        left_behind(tmp_path, ".unfinished-sosdata-abcdefgh"),
        left_behind(tmp_path, ".unfinished-abcd_123", mark=False),
    ]
    (tmp_path / ".unfinished-sosdata-killedxx").mkdir()
    deliver.deliver(small, tmp_path)
    assert not any(folder.exists() for folder in left)
    assert sorted(place.name for place in tmp_path.iterdir()) == PERIODS


def test_refused_delivery_clears_nothing(small: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    left_behind(tmp_path, ".unfinished-sosdata-abcdefgh")
    (tmp_path / "2024Q2").write_text("a stranger's")
    refused(small, tmp_path, "a folder of its own")


def test_running_delivery_keeps_its_folder(
    small: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    running = left_behind(tmp_path, ".unfinished-sosdata-running1")
    before = everything(running)
    with (running / MARK).open("r+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        deliver.deliver(small, tmp_path)
        assert everything(running) == before
    deliver.deliver(small, tmp_path)
    assert not running.exists()


def test_stranger_s_folders_are_kept(small: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / ".unfinished-symphony").mkdir()
    (tmp_path / ".unfinished-thing_12").mkdir()
    (tmp_path / ".unfinished-sosdata-abcdefgh").mkdir()
    (tmp_path / ".unfinished-sosdata-abcdefgh" / "notes.txt").write_text("kept")
    (tmp_path / "replaced-2024Q1").mkdir()
    (tmp_path / ".unfinished-sosdata-linkedxx").symlink_to(tmp_path / "replaced-2024Q1")
    other = left_behind(tmp_path, ".unfinished-abcd_123", mark=False)
    (other / "2024Q1" / "notes.txt").write_text("kept")
    before = everything(tmp_path)
    deliver.deliver(small, tmp_path)
    assert before.items() <= everything(tmp_path).items()


def test_stranger_s_file_in_a_killed_delivery_is_kept(
    small: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = left_behind(tmp_path, ".unfinished-sosdata-abcdefgh")
    (folder / "2024Q1" / "notes.txt").write_text("kept")
    deliver.deliver(small, tmp_path)
    assert set(everything(folder)) == {MARK, "2024Q1", "2024Q1/notes.txt"}


def test_two_deliveries_at_once(
    small: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that ends last stays, whole; neither disturbs the other."""
    whole = deliver.write_period
    other = []

    def deliver_meanwhile(*arguments: object) -> None:
        whole(*arguments)
        if not other:
            other.append(True)
            with small.cursor() as second:
                second.execute("use small")
                other.extend(deliver.deliver(second, tmp_path))

    monkeypatch.setattr(deliver, "write_period", deliver_meanwhile)
    drafts = deliver.deliver(small, tmp_path)
    assert drafts == other[1:]
    assert sorted(place.name for place in tmp_path.iterdir()) == PERIODS
    for draft in drafts:
        assert {file.name for file in draft.iterdir()} == FILES


def test_delivery_that_comes_between_two_renames(
    small: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver.deliver(small, tmp_path)
    rename = Path.rename
    meddled = []

    def rename_and_meddle(place: Path, new: Path) -> Path:
        result = rename(place, new)
        if new.name.startswith("replaced-") and place.parent.name not in meddled:
            meddled.append(place.parent.name)
            place.mkdir()
            (place / "delivery_note.csv").write_text("of another delivery")
        return result

    monkeypatch.setattr(Path, "rename", rename_and_meddle)
    for draft in deliver.deliver(small, tmp_path):
        assert {file.name for file in draft.iterdir()} == FILES
    assert meddled == PERIODS


def test_old_draft_comes_back_where_the_new_one_cannot_be_put(
    small: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver.deliver(small, tmp_path)
    before = everything(tmp_path)
    rename = Path.rename

    def fail(place: Path, new: Path) -> Path:
        if new.name == "draft" and not place.name.startswith("replaced-"):
            raise OSError(errno.EIO, "Input/output error")
        return rename(place, new)

    monkeypatch.setattr(Path, "rename", fail)
    refused(small, tmp_path, "Input/output error")
    assert everything(tmp_path) == before


def kill(folder: Path, times: int) -> tuple[int, int]:
    """How many deliveries were ended, and how many of them left something to be cleared."""
    for value in ("one", "two"):
        kill_deliveries.run(make_database(folder / f"{value}.duckdb", value), folder / value)
    done = subprocess.run(
        [sys.executable, kill_deliveries.__file__, str(folder), str(times)],
        env=os.environ | {"PYTHONPATH": str(Path(deliver.__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ended, left = done.stdout.split()
    return int(ended), int(left)


def test_delivery_killed_at_random(tmp_path: Path) -> None:
    ended, left = kill(tmp_path, 10)
    assert ended > 1


@pytest.mark.long
def test_delivery_killed_at_random_many_times(tmp_path: Path) -> None:
    ended, left = kill(tmp_path, 100)
    assert ended > 20 and left > 5


@pytest.mark.long
def test_delivery_killed_at_each_step(tmp_path: Path) -> None:
    ended, left = kill(tmp_path, 0)
    assert ended > 100 and left > 100
