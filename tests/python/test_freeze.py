"""Frozen deliveries: every refusal, what a version holds, what a crash leaves, and the checks."""

import base64
import csv
import errno
import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import frictionless
import pytest

import deliver
import freeze
import frozen_folder
import kill_freezes
import layout
import record
from deliver import Differs, NotDelivered
from freeze import Places, Request
from record import NotRecorded, open_record
from small_build import DAY, PERIODS, PERSONS, make_build, manifest
from test_deliver import everything

PERIOD = "2024Q1"
NOW = datetime(2024, 7, 6, 8, 9, 10, 987, tzinfo=UTC)
SIGNER = "Äiti Öberg"
DESCRIBED = manifest()
REGISTER = [
    *("delivery_note.en.md", "delivery_note.fi.md", "delivery_note.sv.md", "datapackage.json"),
    *(f"{relation}.{e}" for relation in layout.SECTIONS.values() for e in ("csv", "parquet")),
]


KILLED = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute(
    "insert into deliveries (follow_up_period, version, freeze_id) values ('2020Q1', 1, 'a')"
)
os._exit(9)
"""


class World:
    """A build in memory, a delivery folder and a record."""

    def __init__(self, folder: Path) -> None:
        self.connection = duckdb.connect()
        self.places = Places(folder / "delivery", folder / "record.duckdb")
        self.now = NOW
        self.build()

    def build(self, persons: int = 2, *, draft: bool = True, **settings: object) -> None:
        make_build(self.connection, persons, **settings)
        if draft:
            deliver.deliver(self.connection, self.places.folder)

    def change(self, statement: str) -> None:
        """A build that differs, with its drafts."""
        self.connection.execute(statement)
        deliver.deliver(self.connection, self.places.folder)

    def freeze(
        self, period: str = PERIOD, signed_by: str = SIGNER, correction: str | None = None
    ) -> Path:
        """As the command does, without dbt."""
        self.now += timedelta(minutes=1)
        request = Request.of(period, signed_by, correction)
        with open_record(DESCRIBED, self.places.record) as opened:
            mended = freeze.mend(request, opened, self.places)
        if mended:
            return mended
        with deliver.errors_in_a_sentence(self.places.folder):
            return freeze.freeze(self.connection, DESCRIBED, request, self.places, self.now)

    def refused(self, match: str, **options: str | None) -> None:
        """In one sentence, and with nothing written, in the record's bytes neither."""
        before = everything(self.places.folder.parent)
        with pytest.raises((NotDelivered, NotRecorded), match=match) as stopped:
            self.freeze(**options)
        assert everything(self.places.folder.parent) == before
        assert "\n" not in str(stopped.value) and str(stopped.value).endswith(".")

    def rows(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.places.record), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def kill_a_writer(self) -> None:
        """Leaves a log beside the record that DuckDB has yet to apply."""
        command = [sys.executable, "-c", KILLED, str(self.places.record)]
        assert subprocess.run(command, check=False).returncode == 9

    def verify(self, folder: Path) -> str:
        with open_record(DESCRIBED, self.places.record) as opened:
            return freeze.verify(folder, opened)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.delenv("SOSDATA_SOURCE_DIR", raising=False)
    for module in (deliver, layout, frozen_folder):
        monkeypatch.setattr(module, "sync", lambda place: None)
    monkeypatch.setattr(record, "PATIENCE", 0.3)
    world = World(tmp_path)
    yield world
    world.connection.close()


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def read_manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


# What a version holds


def test_a_version_is_in_its_folder_and_in_the_record(world: World) -> None:
    folder = world.freeze()
    assert folder == world.places.folder / PERIOD / "v1"
    written = files(folder)
    assert set(written) == {*REGISTER, "internal/violations.csv", "manifest.json"}
    draft = files(world.places.folder / PERIOD / "draft")
    for name in [name for name in draft if name != deliver.NOTE]:
        assert written[name] == draft[name]
    for place in [world.places.record, folder, *folder.rglob("*")]:
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0, place

    found = read_manifest(folder)
    assert found["frozen_at"] == "2024-07-06T08:10:10Z" and found["is_trial"] is False
    assert (found["version"], found["signed_by"], found["reason"]) == (1, SIGNER, None)
    assert found["settings"]["extracted_on"] == found["extracted_on"] == DAY
    assert found["source_systems"] == ["north", "south"]
    assert found["rejected_rows"] == {"CA09": 2, "DE07": 1} and found["warned_rows"] == {"CA51": 1}
    assert re.fullmatch(r"0\.1\.0(\+[0-9a-f]{40})?", found["project_version"])
    described = {file["name"]: file for file in found["files"]}
    assert set(described) == set(written) - {"manifest.json"}
    for name, file in described.items():
        assert file["bytes"] == len(written[name])
        assert file["sha256"] == hashlib.sha256(written[name]).hexdigest()
        assert file["is_for_register"] == (name in REGISTER)
    decisions = described["sosdata_decisions.parquet"]
    assert (decisions["section"], decisions["format"], decisions["rows"]) == ("IV", "parquet", 4)
    assert described["internal/violations.csv"]["rows"] == 4

    [(version, frozen_at, signer, text, freeze_id)] = world.rows(
        "select version, frozen_at, signed_by, manifest, freeze_id from deliveries"
    )
    assert (version, signer, text) == (1, SIGNER, written["manifest.json"].decode())
    assert frozen_at == datetime(2024, 7, 6, 8, 10, 10)
    for section, relation in layout.SECTIONS.items():
        named = relation.replace("sosdata_", "delivered_")
        delivered = world.rows(f"from {named} order by all")
        expected = world.connection.execute(
            f"select follow_up_period, 1, * exclude (follow_up_period), '{freeze_id}'"
            f" from {relation} where follow_up_period = '{PERIOD}' order by all"
        ).fetchall()
        assert delivered == expected and expected, section
    stored = world.rows("select name, content from delivered_files")
    assert {name: base64.b64decode(content) for name, content in stored} == {
        name: content for name, content in written.items() if name != "manifest.json"
    }


def test_lists_beside_the_delivery(world: World) -> None:
    text = (world.freeze() / "internal" / "violations.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["rule_id"] for row in rows] == ["CA09", "CA09", "CA51", "DE07"]
    assert [row["follow_up_period"] for row in rows] == ["", "", "", PERIOD]
    assert rows[0]["observed_value"] == 'a;"b",c'


def test_notes_speak_three_languages(world: World) -> None:
    world.change(
        "insert into quality_measures values"
        f" ('ME02', '{PERIOD}', null, null, 'north', 0, 30, true, true);"
        "insert into stg_settings__measure_explanations values"
        f" ('ME02', '{PERIOD}', null, null, 'north', 'Closed.'),"
        f" ('ME02', '{PERIOD}', null, null, 'north', null)"
    )
    folder = world.freeze(correction=None)
    notes = {e: (folder / f"delivery_note.{e}.md").read_text() for e in ("sv", "fi", "en")}
    for told in ("Nordliga systemet.", "south: (källan har inte beskrivits)", "46 Socialt arbete"):
        assert told in notes["sv"], told
    for told in (
        "CA09: 2. Fel.\n",
        "- IV Gällande servicebeslut eller negativt servicebeslut: 4\n",
        "Barnskydd (10): 2",
        "ME02 north: 0 (jämförelsetal 30). Ett system tiger. Förklaring: Closed.\n",
        # D19.
        "Metadata om klienthandlingar i genomförandeskedet",
    ):
        assert told in notes["sv"], told
    assert "Toteuttamisvaiheen" in notes["fi"] and "implementation phase" in notes["en"]
    assert "Pohjoinen järjestelmä." in notes["fi"] and "The northern system." in notes["en"]
    assert "PROV" not in notes["sv"] and "Rätta" not in notes["sv"]
    assert [m["reason"] for m in read_manifest(folder)["explained_measures"]] == ["Closed."]


def test_notes_name_every_social_service_and_its_sections(world: World) -> None:
    """A code outside the incomplete list is delivered too (K3)."""
    world.change("update sosdata_services_received set social_service_code = '777'")
    told = (world.freeze() / "delivery_note.en.md").read_text()
    assert "- 777 (the code is not in the project's list): V\n" in told
    assert "- 46 Sosiaalityö: IV\n" in told


def test_notes_tell_of_a_source_in_the_language_that_the_county_wrote(world: World) -> None:
    world.change("update stg_settings__information_sources set text_sv = null, text_en = null")
    folder = world.freeze()
    for language in ("sv", "fi", "en"):
        told = (folder / f"delivery_note.{language}.md").read_text()
        assert "- north: Pohjoinen järjestelmä.\n" in told, language


def test_notes_without_services_do_not_say_that_all_are_in(world: World) -> None:
    world.change("delete from sosdata_services_received; delete from sosdata_decisions")
    told = (world.freeze() / "delivery_note.en.md").read_text()
    assert "Sections IV and V have no social services." in told
    assert "All social services" not in told


def test_corrections_are_whole_and_say_what_changed(world: World) -> None:
    world.freeze()
    world.build(persons=3)
    world.change(
        f"update sosdata_clients set sex_code = '2' where personal_identity_code = '{PERSONS[0]}';"
        "delete from sosdata_decisions where rowid = (select min(rowid) from sosdata_decisions"
        f" where personal_identity_code = '{PERSONS[1]}' and follow_up_period = '{PERIOD}')"
    )
    folder = world.freeze(correction="  a new\nsystem ")
    assert folder.name == "v2" and read_manifest(folder)["reason"] == "a new system"
    text = (folder / "internal" / "changes.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert text.split("\n")[0] == (
        "follow_up_period,version,section,change,organiser_code,personal_identity_code,"
        "home_municipality_code,sex_code,service_task_code,started_on,ended_on,"
        "social_service_code,decided_on,valid_from,valid_until,decision_type_code"
    )
    assert {row["follow_up_period"] for row in rows} == {PERIOD}
    assert {row["version"] for row in rows} == {"1"}
    short = [(r["section"], r["change"], r["personal_identity_code"], r["sex_code"]) for r in rows]
    assert sorted(short) == sorted(
        [
            ("I", "added", PERSONS[2], "1"),
            ("I", "changed_from", PERSONS[0], "1"),
            ("I", "changed_to", PERSONS[0], "2"),
            ("II", "added", PERSONS[2], ""),
            ("III", "added", PERSONS[2], ""),
            ("IV", "added", PERSONS[2], ""),
            ("IV", "added", PERSONS[2], ""),
            ("IV", "removed", PERSONS[1], ""),
            ("V", "added", PERSONS[2], ""),
        ]
    )
    described = {file["name"]: file for file in read_manifest(folder)["files"]}
    assert described["internal/changes.csv"]["rows"] == 9
    assert described["internal/changes.csv"]["is_for_register"] is False
    assert world.rows("select version, count(*) from delivered_clients group by 1 order by 1") == [
        (1, 2),
        (2, 3),
    ]
    # Against the record as it stands, not the first version.
    world.refused("has the same rows as 2024Q1, version 2", correction="again")


def test_periods_have_versions_of_their_own(world: World) -> None:
    world.freeze()
    before = files(world.places.folder / PERIOD / "v1")
    assert world.freeze(period=PERIODS[1]).parent.name == PERIODS[1]
    assert files(world.places.folder / PERIOD / "v1") == before
    assert world.rows("select follow_up_period, version from deliveries order by 1") == [
        (PERIODS[0], 1),
        (PERIODS[1], 1),
    ]


LAYOUTS = [
    {"delivery_delimiter": delimiter, "delivery_encoding": encoding, "delivery_line_end": end}
    for delimiter in ",;\t"
    for encoding in ("utf-8", "utf-8-sig")
    for end in ("lf", "crlf")
]
LAYOUTS += [
    {"delivery_formats": [chosen], "delivery_header_language": language}
    for chosen in layout.FORMATS
    for language in ("en", "sv", "fi")
]


@pytest.mark.parametrize("settings", LAYOUTS, ids=lambda s: "-".join(map(str, s.values())))
def test_each_layout_reads_back_to_the_same_rows(world: World, settings: dict) -> None:
    """With its own reader of each format, and as a Data Package."""
    world.build(**settings)
    world.change("update sosdata_clients set home_municipality_code = 'a,b;c\td\"e å'")
    folder = world.freeze()
    asked = layout.layout_of(deliver.build_outcome(world.connection))
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    resources = {resource["path"]: resource for resource in package["resources"]}
    assert len(resources) == 5 * len(asked.formats)
    for section, relation in layout.SECTIONS.items():
        expected = [
            tuple(None if cell is None else str(cell) for cell in row)
            for row in world.connection.execute(
                f"from {relation} where follow_up_period = '{PERIOD}' order by all nulls first"
            ).fetchall()
        ]
        names = layout.headers(world.connection, section, asked)
        for file_format in asked.formats:
            file = folder / f"{relation}.{file_format}"
            header, rows = read_back(file, file_format, asked)
            assert header == list(names.values()) and rows == expected, (relation, file_format)
            fields = resources[file.name]["schema"]["fields"]
            assert [field["name"] for field in fields] == header
            assert [field["title"] for field in fields] == header
    found = frictionless.Package(str(folder / "datapackage.json")).validate()
    assert found.valid, found.flatten(["type", "message"])
    assert found.stats["tasks"] == len(resources)


def read_back(
    file: Path, file_format: str, asked: layout.Layout
) -> tuple[list[str], list[tuple[str | None, ...]]]:
    """Header and rows, every cell as text."""
    if file_format == "csv":
        content = file.read_bytes()
        assert content.startswith(b"\xef\xbb\xbf") == (asked.encoding == "utf-8-sig")
        assert (b"\r\n" in content) == (asked.line_end == "crlf")
        text = io.StringIO(content.decode(asked.encoding), newline="")
        header, *rows = csv.reader(text, delimiter=asked.delimiter, strict=True)
        return header, [tuple(cell or None for cell in row) for row in rows]
    if file_format == "jsonl":
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return list(rows[0]), [tuple(row.values()) for row in rows]
    with duckdb.connect() as connection:
        found = connection.execute(f"from read_parquet('{file}')")
        header = [column[0] for column in found.description]
        rows = found.fetchall()
    return header, [tuple(None if cell is None else str(cell) for cell in row) for row in rows]


def test_section_without_rows_is_a_header_in_every_format(world: World) -> None:
    world.build(delivery_formats=["csv", "jsonl", "parquet"], delivery_header_language="sv")
    world.change("delete from sosdata_child_protection_periods")
    folder = world.freeze()
    name = "sosdata_child_protection_periods"
    assert (folder / f"{name}.csv").read_text().startswith("Uppföljningsperiod,Serviceanordnare,")
    assert (folder / f"{name}.jsonl").read_bytes() == b""
    described = {file["name"]: file for file in read_manifest(folder)["files"]}
    assert described[f"{name}.parquet"]["rows"] == 0


def test_name_of_a_column_that_is_missing_is_said(world: World) -> None:
    world.build(delivery_header_language="fi", draft=False)
    for wrong in ("' '", "'Kotikunta'"):
        world.connection.execute(
            f"update delivery_columns set name_fi = {wrong} where column_name = 'sex_code'"
        )
        with pytest.raises(NotDelivered, match="delivery_columns.csv has no name .* section I:"):
            deliver.deliver(world.connection, world.places.folder)


# Why not: in the order of F3


def is_unfinished(world: World) -> None:
    world.connection.execute("update build_outcome set nodes_failed = 1")


def draft_is_another(world: World) -> None:
    world.connection.execute("update sosdata_decisions set decision_type_code = '2'")


def draft_lacks_a_file(world: World) -> None:
    (world.places.folder / PERIOD / "draft" / "sosdata_clients.csv").unlink()


def draft_has_one_more(world: World) -> None:
    (world.places.folder / PERIOD / "draft" / "sosdata_clients.jsonl").write_text("")


def draft_is_missing(world: World) -> None:
    (world.places.folder / PERIOD / "draft").rename(world.places.folder / "elsewhere")


def code_is_provisional(world: World) -> None:
    world.connection.execute(f"insert into delivery_provisional_codes values ('{PERIOD}', 'X-A')")


def period_is_not_built(world: World) -> None:
    world.connection.execute(f"delete from delivery_periods where follow_up_period = '{PERIOD}'")


def day_is_not_given(world: World) -> None:
    world.connection.execute("update build_outcome set is_extract_day_given = false")


def period_has_not_ended(world: World) -> None:
    world.connection.execute("update delivery_periods set has_ended = false")


def nothing_was_recorded(world: World) -> None:
    world.connection.execute("update delivery_periods set recorded_events = 0")


def measure_is_not_explained(world: World) -> None:
    world.connection.execute(
        "insert into quality_measures values"
        f" ('ME01', '{PERIOD}', 'county', '10', null, 0, 30, true, false),"
        f" ('ME03', '{PERIOD}', null, null, 'north', 9, 30, true, true),"
        f" ('ME04', '{PERIOD}', null, null, 'north', 9, 30, false, false),"
        f" ('ME05', '{PERIODS[1]}', null, null, 'north', 9, 30, true, false)"
    )


def folder_lies_there(world: World) -> None:
    (world.places.folder / PERIOD / "v3").mkdir()


REFUSALS: list[tuple[Callable[[World], None], str]] = [
    (is_unfinished, "did not run whole and pass"),
    (code_is_provisional, r"provisional codes \(X-A\)"),
    (day_is_not_given, "does not know the day of the extract"),
    (period_has_not_ended, "does not lie after the last day of 2024Q1, 2024-03-31"),
    (nothing_was_recorded, "nothing was recorded in 2024Q1"),
    (measure_is_not_explained, r"not explained: ME01 \(county 10\)\. .* build again"),
]


@pytest.mark.parametrize(("wrong", "told"), REFUSALS, ids=[r[0].__name__ for r in REFUSALS])
def test_refusal_comes_before_those_after_it(
    world: World, wrong: Callable[[World], None], told: str
) -> None:
    """All that is wrong later in the list is wrong too, and not spoken of."""
    names = [other for other, _ in REFUSALS]
    for other in names[names.index(wrong) :]:
        other(world)
    folder_lies_there(world)
    world.refused(told, signed_by=" ")


@pytest.mark.parametrize(
    "wrong", [draft_is_another, draft_lacks_a_file, draft_has_one_more], ids=lambda w: w.__name__
)
def test_what_was_not_looked_at_is_not_frozen(world: World, wrong: Callable[[World], None]) -> None:
    wrong(world)
    code_is_provisional(world)
    world.refused("are not what would be frozen")


def test_draft_that_is_missing(world: World) -> None:
    draft_is_missing(world)
    day_is_not_given(world)
    world.refused("there is no draft of 2024Q1 .*make deliver")
    code_is_provisional(world)
    world.refused(r"provisional codes \(X-A\)")


def test_record_that_is_the_build_s_database(world: World, tmp_path: Path) -> None:
    world.places = Places(world.places.folder, tmp_path / "build.duckdb")
    with duckdb.connect(str(tmp_path / "build.duckdb")):
        pass
    world.connection.execute(f"attach '{tmp_path}/build.duckdb' as build (read_only)")
    world.refused("names the database of the build")


def test_period_that_is_not_built(world: World) -> None:
    period_is_not_built(world)
    day_is_not_given(world)
    world.refused("2024Q1 is not in the last build")


def test_provisional_code_of_another_period_is_no_obstacle(world: World) -> None:
    world.connection.execute(
        f"insert into delivery_provisional_codes values ('{PERIODS[1]}', 'X-A')"
    )
    assert world.freeze()


def test_versions_and_corrections(world: World) -> None:
    world.refused("nothing to correct: leave", correction="reason")
    world.freeze()
    measure_is_not_explained(world)
    world.refused('2024Q1, version 1 is frozen already: .*CORRECTION="reason"', signed_by="")
    world.refused("has the same rows as 2024Q1, version 1", correction="reason", signed_by="")


def test_nobody_signs_or_the_reason_is_blank(world: World) -> None:
    folder_lies_there(world)
    world.refused("nobody signs", signed_by=" \n")
    (world.places.folder / PERIOD / "v3").rmdir()
    world.freeze()
    world.build(persons=3)
    world.refused("the reason of the correction is blank", correction=" ")
    # How Python reads bytes of a terminal that are not UTF-8.
    world.refused("the signer's name or the reason is not UTF-8", correction="\udcff")
    world.refused(
        "the signer's name or the reason is not UTF-8", correction="x", signed_by="\udcff"
    )


def test_frozen_folder_that_the_record_does_not_know(world: World, tmp_path: Path) -> None:
    folder_lies_there(world)
    world.refused("v3 lies there, and the delivery record .* does not know it")
    (world.places.folder / PERIOD / "v3").rmdir()
    world.freeze()
    world.places.record.rename(tmp_path / "elsewhere.duckdb")
    world.refused("v1 lies there")


def test_trials_and_deliveries_lie_apart(world: World) -> None:
    world.freeze()
    world.change("update delivery_periods set allow_provisional_codes = true")
    told = "holds deliveries, and this is a trial: .*SOSDATA_RECORD_PATH.*SOSDATA_DELIVERY_DIR"
    world.refused(told, period=PERIODS[1])
    world.places.record.rename(world.places.record.with_name("deliveries.duckdb"))
    world.change("update delivery_periods set period_gap_days = 1, allow_provisional_codes = false")
    folder = world.freeze(period=PERIODS[1])
    assert read_manifest(folder)["is_trial"] is True
    first = (folder / "delivery_note.sv.md").read_text().splitlines()[0]
    assert first.startswith("PROV:")
    world.change("update delivery_periods set period_gap_days = 0")
    world.refused("holds trials, and this is no trial", period=PERIODS[1], correction="x")


def test_record_that_cannot_be_one(world: World, tmp_path: Path) -> None:
    for name, told in (
        ("a?b.duckdb", "holds"),
        ("nowhere/record.duckdb", "does not exist"),
        ("delivery", "is a folder"),
    ):
        world.places = Places(world.places.folder, tmp_path / name)
        world.refused(told)
    (tmp_path / "no.duckdb").write_text("this is no database at all, and it is long enough")
    world.places = Places(world.places.folder, tmp_path / "no.duckdb")
    world.refused("is no DuckDB database; mend SOSDATA_RECORD_PATH")
    with duckdb.connect(str(tmp_path / "analytics.duckdb")) as connection:
        connection.execute("create table analytics_persons (person_key varchar)")
    world.places = Places(world.places.folder, tmp_path / "analytics.duckdb")
    world.refused("is a database of something else, no delivery record; mend SOSDATA_RECORD_PATH")


@pytest.mark.parametrize(
    "wrong",
    [
        "insert into deliveries (follow_up_period) values ('2024Q1')",
        "update deliveries set freeze_id = null",
        "update deliveries set manifest = '{'",
        "update deliveries set manifest = null",
        "alter table deliveries drop column freeze_id",
    ],
)
def test_record_that_somebody_damaged_is_refused(world: World, wrong: str) -> None:
    folder = world.freeze()
    with duckdb.connect(str(world.places.record)) as connection:
        connection.execute(wrong)
    world.refused("lacks what every freeze writes of a delivery: look for its last copy")
    with pytest.raises(NotRecorded, match="lacks what every freeze writes"):
        world.verify(folder)


@pytest.mark.parametrize("content", ["null", "'***'", "'YQ'"])
def test_file_that_the_record_lost_is_not_written(world: World, content: str) -> None:
    shutil.rmtree(world.freeze())
    with duckdb.connect(str(world.places.record)) as connection:
        connection.execute(
            f"update delivered_files set content = {content} where name = 'sosdata_clients.csv'"
        )
    world.refused("does not have the files of 2024Q1, version 1 whole .sosdata_clients.csv")


def test_record_in_a_draft_is_refused(world: World) -> None:
    place = world.places.folder / PERIOD / "draft" / "record.duckdb"
    world.places = Places(world.places.folder, place)
    world.refused("lies in a draft")


# What goes wrong on the way


def test_folder_that_is_not_whole_is_written_again(world: World) -> None:
    folder = world.freeze()
    whole = files(folder)
    is_unfinished(world)
    for damage in (
        lambda: (folder / "sosdata_clients.csv").unlink(),
        lambda: (folder / "sosdata_clients.csv").write_text("other"),
        lambda: (folder / "manifest.json").write_text("{}"),
        lambda: (folder / "manifest.json").write_bytes(
            whole["manifest.json"].replace(b"\n", b"\r\n")
        ),
        lambda: (folder / "internal" / "violations.csv").unlink(),
        lambda: folder.rename(folder.with_name("elsewhere")),
    ):
        damage()
        assert world.freeze() == folder
        assert files(folder) == whole
    world.refused("did not run whole and pass")
    (folder / "sosdata_clients.csv").unlink()
    world.refused("did not run whole and pass", signed_by="another")
    world.refused("did not run whole and pass", correction="another")
    (folder / "notes.txt").write_text("kept")
    world.refused("holds what no delivery wrote")


@pytest.mark.parametrize("name", ["sosdata_clients.csv", "manifest.json"])
@pytest.mark.parametrize("what", ["link", "broken link", "folder", "pipe"])
def test_what_only_has_the_name_of_a_file_is_found_and_left(
    world: World, tmp_path: Path, name: str, what: str
) -> None:
    folder = world.freeze()
    file = folder / name
    file.rename(tmp_path / "same bytes")
    if what == "folder":
        file.mkdir()
    elif what == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to(tmp_path / ("same bytes" if what == "link" else "nowhere"))
    with pytest.raises(Differs, match=f"{name} is no file of its own|has no manifest.json"):
        world.verify(folder)
    file.unlink() if what == "pipe" else world.refused("holds what no delivery wrote")


@pytest.mark.parametrize("full_at", [1, 5, 11])
def test_full_disk_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, full_at: int
) -> None:
    written = []
    whole = layout.write

    def write_until_full(
        connection: duckdb.DuckDBPyConnection, rows: str, file: Path, options: str
    ) -> None:
        written.append(file)
        if len(written) == full_at:
            file.write_text("follow_up_per")
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(connection, rows, file, options)

    for module in (layout, frozen_folder):
        monkeypatch.setattr(module, "write", write_until_full)
    world.refused("No space left on device")
    monkeypatch.undo()
    assert world.freeze().name == "v1"


def test_full_disk_of_the_record_leaves_the_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.freeze(period=PERIODS[1])
    append = record.FileRecord.append

    def append_until_full(self: record.FileRecord, name: str, *rest: object) -> None:
        if name == "deliveries":
            with self._no_cell_in_errors():
                raise duckdb.IOException("Could not write 010190-900A: No space left on device")
        append(self, name, *rest)

    monkeypatch.setattr(record.FileRecord, "append", append_until_full)
    before = world.rows("from delivered_clients order by all")
    folders = everything(world.places.folder)
    with pytest.raises(NotRecorded, match="could not be written .No space left") as stopped:
        world.freeze()
    assert "900A" not in str(stopped.value)
    assert everything(world.places.folder) == folders
    assert world.rows("from delivered_clients order by all") == before
    monkeypatch.undo()
    assert world.freeze().name == "v1"


def test_folder_that_cannot_be_put_is_said_to_be_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(freeze, "put_in_place", fail)
        with pytest.raises(NotDelivered, match="is in the delivery record .* run the same command"):
            world.freeze()
    assert not (world.places.folder / PERIOD / "v1").exists()
    is_unfinished(world)
    folder = world.freeze()
    assert "manifest.json and the delivery record" in world.verify(folder)


def test_what_a_killed_freeze_left_in_the_record_is_not_seen(world: World) -> None:
    """Of an engine without transactions: rows without their delivery."""
    with open_record(DESCRIBED, world.places.record, to_write=True) as opened:
        opened.append("delivered_clients", ["follow_up_period", "version"], [(PERIOD, 1)])
        opened.append(
            "delivered_files", ["follow_up_period", "version", "name"], [(PERIOD, 1, "x")]
        )
        opened.commit()
    folder = world.freeze()
    assert folder.name == "v1"
    (folder / "manifest.json").unlink()
    world.freeze()
    assert "x" not in files(folder)


def test_lower_freeze_of_a_version_stands(world: World) -> None:
    """Where an engine cannot lock, the one that comes to its end later is told."""
    world.freeze(period=PERIODS[1])
    [row] = world.rows("from deliveries")
    columns = [*DESCRIBED.sources["deliveries"].columns]
    other = dict(zip(columns, row, strict=True)) | {"follow_up_period": PERIOD, "freeze_id": "0"}
    commit = record.FileRecord.commit

    def commit_after_another(self: record.FileRecord) -> None:
        self.append("deliveries", list(other), [tuple(other.values())])
        commit(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(record.FileRecord, "commit", commit_after_another)
        with pytest.raises(NotDelivered, match="another freeze of 2024Q1, version 1 came first"):
            world.freeze()
    with open_record(DESCRIBED, world.places.record) as opened:
        assert freeze.deliveries(opened)[PERIOD, 1].freeze_id == "0"


HOLDER = """
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reads") as connection:
    print("held", flush=True)
    sys.stdin.read()
"""


def held_by_another(file: Path, how: str) -> subprocess.Popen:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout and holder.stdout.readline() == "held\n"
    return holder


@pytest.mark.parametrize("how", ["reads", "writes"])
def test_record_held_open_by_another_program(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    world.freeze(period=PERIODS[1])
    holder = held_by_another(world.places.record, how)
    try:
        before = everything(world.places.folder)
        with pytest.raises(NotRecorded, match=f"held by another program .process {holder.pid}"):
            world.freeze()
        assert everything(world.places.folder) == before
        # It waits for one that ends in time.
        monkeypatch.setattr(record, "PATIENCE", 20)
        threading.Timer(0.5, holder.stdin.close).start()
        assert world.freeze().name == "v1"
    finally:
        holder.kill()
        holder.wait()


def test_killed_while_it_writes_the_record(world: World) -> None:
    """A log that DuckDB has yet to apply is read by builds and applied by the next freeze."""
    world.freeze(period=PERIODS[1])
    world.kill_a_writer()
    log = world.places.record.with_name("record.duckdb.wal")
    assert log.exists()
    assert len(world.rows("from deliveries")) == 2
    assert log.exists()
    world.change("select 1")
    with open_record(DESCRIBED, world.places.record) as opened:
        assert ("2020Q1", 1) in freeze.deliveries(opened)


# Checking and copying out


def test_verify_finds_what_differs(world: World) -> None:
    folder = world.freeze()
    told = world.verify(folder)
    assert told.endswith(f"manifest.json and the delivery record {world.places.record}.")
    whole = files(folder)
    name = "sosdata_decisions.parquet"

    def differs(match: str) -> None:
        with pytest.raises(NotDelivered, match=match) as stopped:
            world.verify(folder)
        assert "\n" not in str(stopped.value)
        (folder / "internal" / "more.txt").unlink(missing_ok=True)
        for file, content in whole.items():
            (folder / file).write_bytes(content)

    changed = bytearray(whole[name])
    changed[-20] ^= 1
    (folder / name).write_bytes(changed)
    differs(f"{name} has other bytes")
    (folder / name).unlink()
    differs(f"{name} is missing")
    (folder / "internal" / "more.txt").write_text("")
    differs("internal/more.txt is not in the manifest")
    # The manifest with the file: only the record knows.
    other = whole["sosdata_clients.csv"].replace(b"837", b"091")
    text = whole["manifest.json"].decode()
    old, new = (hashlib.sha256(c).hexdigest() for c in (whole["sosdata_clients.csv"], other))
    text = text.replace(old, new)
    (folder / "sosdata_clients.csv").write_bytes(other)
    (folder / "manifest.json").write_text(text)
    differs("sosdata_clients.csv has other bytes, by the record; manifest.json is another, by")
    (folder / "manifest.json").unlink()
    differs("has no manifest.json.*make rewrite")
    for text in (
        "{}",
        "[]",
        "[" * 100_000,
        whole["manifest.json"].decode()[:200],
        '{"follow_up_period": [], "version": 1, "files": []}',
    ):
        (folder / "manifest.json").write_text(text)
        differs("is no manifest")
    assert world.verify(folder)


@pytest.mark.parametrize(
    ("why", "heading"),
    [(Differs, "Not as delivered"), (NotRecorded, "Nothing was checked")],
    ids=["differs", "not recorded"],
)
def test_verify_tells_on_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    why: type[Exception],
    heading: str,
) -> None:
    """Whatever a file is called; and what could not be compared is not said to differ."""

    def stop(*_: object) -> None:
        raise why("a\nb is odd.")

    monkeypatch.setattr(deliver, "parse", lambda: None)
    monkeypatch.setattr(freeze, "run_verify", stop)
    monkeypatch.setattr(os, "umask", lambda mask: None)
    monkeypatch.chdir(deliver.PROJECT)
    assert deliver.main(["verify", "folder"]) == 1
    assert capsys.readouterr().err == f"{heading}: a b is odd.\n"


def test_verify_says_what_it_compared_with(world: World, tmp_path: Path) -> None:
    folder = world.freeze()
    world.places = Places(world.places.folder, tmp_path / "none.duckdb")
    assert "there is no delivery record" in world.verify(folder)
    assert not world.places.record.exists()
    world.build(persons=3)
    world.freeze(period=PERIODS[1])
    with pytest.raises(NotDelivered, match="does not know 2024Q1, v1"):
        world.verify(folder)


def test_rewrite_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    whole = files(world.freeze())
    world.build(persons=3)
    world.freeze(correction="more")
    world.places = Places(tmp_path / "elsewhere", world.places.record)
    with open_record(DESCRIBED, world.places.record) as opened:
        delivery = freeze.deliveries(opened)[PERIOD, 1]
        folder = freeze.write_from_record(opened, delivery, world.places)
    assert folder == tmp_path / "elsewhere" / PERIOD / "v1" and files(folder) == whole
    for place in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0


def test_record_of_an_older_version_gets_the_columns(world: World) -> None:
    world.freeze()
    with duckdb.connect(str(world.places.record)) as connection:
        connection.execute("alter table deliveries drop column project_version")
        connection.execute("drop table listed_violations")
    with open_record(DESCRIBED, world.places.record) as opened:
        assert opened.rows("deliveries", ["version", "project_version"]) == [(1, None)]
        assert opened.rows("listed_violations", ["rule_id"]) == []
    world.freeze(period=PERIODS[1])
    found = world.rows("select project_version is null from deliveries order by frozen_at")
    assert found == [(True,), (False,)]


def test_two_freezes_at_once_make_one_version(world: World, tmp_path: Path) -> None:
    """Of a record that is not there yet, which both would make."""
    program = tmp_path / "one_of_two.py"
    program.write_text(TWO)
    started = [
        subprocess.Popen(
            [sys.executable, str(program), str(tmp_path), str(number)],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        )
        for number in range(3)
    ]
    told = [process.communicate(timeout=120)[0] for process in started]
    assert sum(words.startswith("frozen") for words in told) == 1, told
    assert all(re.search("frozen|came first|lies there", words) for words in told), told
    assert world.rows("select count(*) from deliveries") == [(1,)]
    assert world.verify(world.places.folder / PERIOD / "v1")


TWO = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import duckdb, deliver, freeze, record
from freeze import Places, Request
from small_build import make_build, manifest
places = Places(Path(sys.argv[1], "delivery"), Path(sys.argv[1], "record.duckdb"))
with duckdb.connect() as connection:
    make_build(connection)
    try:
        request = Request.of("2024Q1", "signer " + sys.argv[2], None)
        print("frozen", freeze.freeze(connection, manifest(), request, places, datetime.now(UTC)))
    except (deliver.NotDelivered, record.NotRecorded) as stopped:
        print(stopped)
"""


def kill(folder: Path, times: int) -> tuple[int, int]:
    """How many freezes were ended, and of how many the folder was not there yet."""
    environment = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    for what in ("builds", str(times)):
        done = subprocess.run(
            [sys.executable, kill_freezes.__file__, str(folder), what],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    killed, mended = done.stdout.split()
    return int(killed), int(mended)


def test_freeze_killed_at_random(tmp_path: Path) -> None:
    killed, _ = kill(tmp_path, 6)
    assert killed > 1


@pytest.mark.long
def test_freeze_killed_at_random_many_times(tmp_path: Path) -> None:
    killed, mended = kill(tmp_path, 100)
    assert killed > 20 and mended > 5


@pytest.mark.long
def test_freeze_killed_at_each_step(tmp_path: Path) -> None:
    killed, mended = kill(tmp_path, 0)
    assert killed > 50 and mended > 50
