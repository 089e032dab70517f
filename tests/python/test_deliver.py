"""The delivered files: the same bytes for the same extract (P4), whole or not at all, private."""

import errno
import random
import re
import stat

import pytest

import deliver
from messy_extracts import messy_extract
from test_slow_reading import BASE, MORE_SEED_ROWS
from warehouse import compile_project

CHOSEN = BASE | {"allow_provisional_codes": True}


@pytest.fixture(scope="module")
def build(tmp_path_factory, seeded):
    build = compile_project(tmp_path_factory.mktemp("deliver"), seeded, CHOSEN, MORE_SEED_ROWS)
    build.connection.execute(
        "create or replace table build_outcome as select true as is_whole, 0 as nodes_failed"
    )
    build.build(messy_extract(1))
    yield build
    build.connection.close()


def contents(target) -> dict[str, bytes]:
    return {
        str(file.relative_to(target)): file.read_bytes()
        for file in sorted(target.rglob("*"))
        if file.is_file()
    }


def test_shuffled_rows_and_a_second_build_give_the_same_bytes(build, tmp_path):
    deliver.deliver(build.connection, tmp_path / "first")
    tables = messy_extract(1)
    for seed in (1, 2, 3):
        for rows in tables.values():
            random.Random(seed).shuffle(rows)
        build.build(tables)
        deliver.deliver(build.connection, tmp_path / "again")
        assert contents(tmp_path / "again") == contents(tmp_path / "first")


def test_no_model_knows_the_day_of_the_run(build):
    """A later run gives the same rows: with extracted_on given, no SQL asks for the time (P4)."""
    clock = re.compile(r"current_date|current_timestamp|localtime|\bnow\(|\btoday\(|random\(")
    assert [name for name, sql, _ in build.models if clock.search(sql.lower())] == []


def test_one_folder_a_period_and_one_file_a_section(build, tmp_path):
    folders = deliver.deliver(build.connection, tmp_path)
    assert [folder.name for folder in folders] == BASE["follow_up_periods"]
    expected = {
        f"{relation}.{e}" for relation in deliver.SECTIONS.values() for e in deliver.FORMATS
    }
    for folder in folders:
        assert {file.name for file in folder.iterdir()} == expected | {"delivery_note.csv"}


@pytest.mark.parametrize("relation", deliver.SECTIONS.values())
def test_files_hold_the_sorted_rows_of_their_period(build, tmp_path, relation):
    for folder in deliver.deliver(build.connection, tmp_path):
        rows = build.rows(
            f"select * from {relation} where follow_up_period = '{folder.name}'"
            " order by all nulls first"
        )
        assert build.rows(f"select * from '{folder}/{relation}.parquet'") == rows
        text = (folder / f"{relation}.csv").read_text(encoding="utf-8").split("\n")
        columns = [name for (name, *_) in build.rows(f"describe {relation}")]
        lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
        assert text == [",".join(columns), *lines, ""]


def test_section_without_rows_is_a_header(build, tmp_path):
    build.build({})
    for folder in deliver.deliver(build.connection, tmp_path):
        text = (folder / "sosdata_clients.csv").read_text()
        assert text.split("\n", 1)[1] == "" and text.startswith("follow_up_period,organiser_code,")
    build.build(messy_extract(1))


def test_section_left_out_is_no_file(build, tmp_path):
    build.connection.execute("create or replace temp table kept as from delivery_note")
    build.connection.execute(
        "update delivery_note set item_value = 'I II III V' where item = 'sections'"
    )
    for folder in deliver.deliver(build.connection, tmp_path):
        assert not (folder / "sosdata_decisions.csv").exists()
        assert (folder / "sosdata_services_received.csv").exists()
    build.connection.execute("create or replace table delivery_note as from kept")


def test_files_are_for_their_owner_only(build, tmp_path):
    target = tmp_path / "delivery"
    deliver.deliver(build.connection, target)
    for place in [target, *target.rglob("*")]:
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0, place


@pytest.mark.parametrize("full_at", [1, 8, 30])
def test_full_disk_leaves_the_old_delivery_as_it_was(build, tmp_path, monkeypatch, full_at):
    deliver.deliver(build.connection, tmp_path)
    before = contents(tmp_path)
    written = []

    def write_until_full(connection, relation, period, file, options):
        written.append(file)
        if len(written) == full_at:
            file.write_text("follow_up_per")
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(connection, relation, period, file, options)

    whole = deliver.write
    monkeypatch.setattr(deliver, "write", write_until_full)
    with pytest.raises(deliver.NotDelivered, match="No space left on device"):
        deliver.deliver(build.connection, tmp_path)
    assert contents(tmp_path) == before
    assert sorted(place.name for place in tmp_path.iterdir()) == BASE["follow_up_periods"]


def test_provisional_codes_are_not_delivered(build, tmp_path):
    build.connection.execute("create or replace temp table kept as from delivery_note")
    build.connection.execute(
        "update delivery_note set item_value = 'false' where item = 'allow_provisional_codes'"
    )
    with pytest.raises(deliver.NotDelivered, match="X-"):
        deliver.deliver(build.connection, tmp_path / "delivery")
    assert not (tmp_path / "delivery").exists()
    build.connection.execute("create or replace table delivery_note as from kept")


@pytest.mark.parametrize("outcome", ["false as is_whole, 0", "true as is_whole, 1"])
def test_build_that_did_not_pass_is_not_delivered(build, tmp_path, outcome):
    build.connection.execute("create or replace temp table kept_outcome as from build_outcome")
    build.connection.execute(
        f"create or replace table build_outcome as select {outcome} as nodes_failed"
    )
    with pytest.raises(deliver.NotDelivered, match="did not run whole and pass"):
        deliver.deliver(build.connection, tmp_path / "delivery")
    assert not (tmp_path / "delivery").exists()
    build.connection.execute("create or replace table build_outcome as from kept_outcome")
