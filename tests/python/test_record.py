"""The delivery record and builds: a build reads it, and nothing that it does changes it (F1)."""

import hashlib
from pathlib import Path

import duckdb
import pytest

from small_build import PERIODS, PERSONS
from test_freeze import World, held_by_another, world  # noqa: F401 (a fixture)
from warehouse import run_dbt, write_extract

STAGING = ["run", "--select", "path:models/staging/record"]
VARS = {"organiser_code": "1.2.246.10.32213086.10.0", "extracted_on": "2024-07-05"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("record")
    write_extract(folder / "extract", {})
    return folder


def built(folder: Path, record: Path, *options: str) -> str:
    """Why a build stopped; nothing where it did not."""
    result = run_dbt(folder, [*STAGING, *options], VARS, SOSDATA_RECORD_PATH=record)
    return "" if result.success else str(result.exception)


def rows(folder: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(folder / "sosdata.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def bytes_of(file: Path) -> tuple[str, int]:
    return hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns


def test_build_reads_a_missing_record_as_empty_and_makes_none(folder: Path, tmp_path: Path) -> None:
    assert built(folder, tmp_path / "none.duckdb") == ""
    assert list(tmp_path.iterdir()) == []
    for name in ("deliveries", "delivered_clients", "listed_violations"):
        assert rows(folder, f"from stg_record__{name}") == []


def test_build_reads_the_latest_versions_and_changes_nothing(
    folder: Path,
    world: World,  # noqa: F811
) -> None:
    world.freeze()
    world.build(persons=3)
    world.freeze(correction="one more")
    world.freeze(period=PERIODS[1])
    before = bytes_of(world.places.record)
    for options in ([], ["--full-refresh"]):
        assert built(folder, world.places.record, *options) == ""
        assert bytes_of(world.places.record) == before
    assert rows(
        folder,
        "select follow_up_period, version, is_latest from stg_record__deliveries order by all",
    ) == [(PERIODS[0], 1, False), (PERIODS[0], 2, True), (PERIODS[1], 1, True)]
    assert rows(
        folder,
        "select follow_up_period, version, personal_identity_code"
        " from stg_record__delivered_clients order by all",
    ) == sorted((period, 2 - i, code) for i, period in enumerate(PERIODS) for code in PERSONS)
    assert rows(folder, "select count(*) from loaded_record.delivered_clients") == [(6,)]
    assert rows(folder, "select count(*) from loaded_record.delivered_files") == [(0,)]
    assert rows(folder, "select count(manifest) from loaded_record.deliveries") == [(0,)]
    # Let go of: a freeze can write at once.
    world.build(persons=2)
    assert world.freeze(correction="one fewer").name == "v3"


def test_build_that_stops_while_it_reads_its_extract_is_the_last(tmp_path: Path) -> None:
    """Of the one before, nothing is frozen or listed any more (d-105)."""
    write_extract(tmp_path / "extract", {})
    outcome = "select count(*) from build_outcome"
    assert built(tmp_path, tmp_path / "none.duckdb") == ""
    assert rows(tmp_path, outcome) == [(1,)]
    (tmp_path / "extract" / "cases.csv").unlink()
    assert "cases" in built(tmp_path, tmp_path / "none.duckdb")
    with pytest.raises(duckdb.CatalogException, match="build_outcome"):
        rows(tmp_path, outcome)


def test_build_reads_what_a_killed_freeze_left_in_the_log(
    folder: Path,
    world: World,  # noqa: F811
) -> None:
    world.freeze()
    world.kill_a_writer()
    places = [world.places.record, world.places.record.with_name("record.duckdb.wal")]
    before = [bytes_of(place) for place in places]
    assert built(folder, world.places.record) == ""
    assert [bytes_of(place) for place in places] == before
    assert rows(folder, "select count(*) from stg_record__deliveries") == [(2,)]


def test_build_reads_the_record_of_an_older_version(
    folder: Path,
    world: World,  # noqa: F811
) -> None:
    world.freeze()
    with duckdb.connect(str(world.places.record)) as connection:
        connection.execute("alter table deliveries drop column project_version")
        connection.execute("drop table listed_violations")
    assert built(folder, world.places.record) == ""
    assert rows(folder, "select version, project_version from stg_record__deliveries") == [
        (1, None)
    ]


def test_record_that_cannot_be_read_stops_a_build(
    folder: Path,
    world: World,  # noqa: F811
    tmp_path: Path,
) -> None:
    world.freeze()
    holder = held_by_another(world.places.record, "writes")
    try:
        told = built(folder, world.places.record)
    finally:
        holder.kill()
        holder.wait()
    assert "the delivery record" in told and "cannot be read: close the program" in told
    (tmp_path / "no.duckdb").write_text("this is no database at all, and it is long enough")
    assert "cannot be read" in built(folder, tmp_path / "no.duckdb")
    assert "set but empty" in built(folder, Path(" "))
