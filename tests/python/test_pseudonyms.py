"""Pseudonyms and their key (A2), and the file of the analysts' marts (A1)."""

import hashlib
import hmac
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunnerResult

import build as build_script
import built_relations
from messy_extracts import messy_extract
from warehouse import PROJECT, find_by_name, load_seeds, run_dbt, stopped_by, write_extract

KEY = "a key of the tests, not secret"
DBT_VARS = {
    "follow_up_periods": ["2024Q1"],
    "organiser_code": "1.2.246.10.32213086.10.0",
    "extracted_on": "2026-01-15",
    "max_rejected_share": 1,
    "allow_provisional_codes": True,
}
BUILD = ["build", "--exclude-resource-types", "unit_test", "--log-level-file", "debug"]
# Key, text and HMAC-SHA-256 of RFC 4231: all test cases whose data is text and whose result is
# not cut (1, 2, 6 and 7).
LONG_KEY = os.fsdecode(b"\xaa" * 131)
RFC_4231 = [
    (
        os.fsdecode(b"\x0b" * 20),
        "Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        "Jefe",
        "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        LONG_KEY,
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        LONG_KEY,
        "This is a test using a larger than block-size key and a larger than block-size data. The"
        " key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]
# Blocks of 64 bytes begin and end around these lengths.
OTHERS = [("k" * length, "150601A921F") for length in (64, 65)]
OTHERS += [("ä" * 33, "åäö €"), ("0'\"\\%s{}?", "x" * 64)]


def digest(key: str, text: str) -> str:
    return hmac.new(os.fsencode(key), text.encode(), hashlib.sha256).hexdigest()


def hash_of(key: str, text: str, dbt: Callable[..., dbtRunnerResult]) -> str:
    """What the macros make of a text under a key, in the way in which int_person_keys is made."""
    literal = text.replace("'", "''")
    pads = ", ".join(f"sosdata.session_secret('{name}')" for name in ("inner_pad", "outer_pad"))
    sql = (
        "{% do sosdata.place_pseudonym_key() %}"
        f"{{% set hashed = sosdata.keyed_hash(\"'{literal}'\", {pads}) %}}"
        "{% set found = run_query('select ' ~ hashed ~ ' as hashed').rows[0][0] if execute %}"
        "select '{{ found }}' as hashed"
    )
    shown = dbt(["show", "--inline", sql], key)
    assert shown.success, shown.exception
    return shown.result.results[0].agate_table.rows[0][0]


def places_of(key: str, folders: list[Path]) -> list[Path]:
    """The files in which the key stands, or what it could be had from."""
    raw = os.fsencode(key)
    pads = [bytes(byte ^ pad for byte in raw.ljust(64, b"\0")) for pad in (0x36, 0x5C)]
    signs = [raw, raw.hex().encode(), raw.hex().upper().encode()]
    for pad in pads:
        signs += [pad[: len(raw)], pad.hex().encode()[: 2 * len(raw)]]
    found = []
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink():
                content = file.read_bytes()
                found += [file for sign in signs if sign in content]
    return found


@pytest.fixture(scope="module")
def seeds_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeds_only")
    load_seeds(folder)
    return folder


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [*RFC_4231, *((key, text, digest(key, text)) for key, text in OTHERS)],
    ids=[f"rfc_4231_{n}" for n in (1, 2, 6, 7)] + [f"other_{n}" for n in range(len(OTHERS))],
)
def test_hash_is_that_of_any_library(key: str, text: str, expected: str, seeds_only: Path) -> None:
    def dbt(command: list[str], key: str) -> dbtRunnerResult:
        return run_dbt(seeds_only, command, DBT_VARS, SOSDATA_PSEUDONYM_SALT=key)

    assert hash_of(key, text, dbt) == expected == digest(key, text)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A whole build with a key."""
    folder = tmp_path_factory.mktemp("built")
    write_extract(folder / "extract", messy_extract(7))
    result = run_dbt(folder, BUILD, DBT_VARS, SOSDATA_PSEUDONYM_SALT=KEY)
    assert result.success, result.exception
    yield folder


def copied(built: Path, folder: Path) -> Path:
    """The same build in a folder of its own."""
    return Path(shutil.copytree(built, folder / "build"))


def analysts_relations(folder: Path) -> set[str]:
    with duckdb.connect(str(folder / "sosdata.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'main_analytics'"
        ).fetchall()
    return {name for (name,) in rows}


def test_each_person_has_the_hash_of_the_newest_code(built: Path) -> None:
    with duckdb.connect(str(built / "sosdata.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select persons.personal_identity_code, keys.person_key from main.int_persons as"
            " persons left join main.int_person_keys as keys on keys.person_id = persons.person_id"
        ).fetchall()
        find_by_name(connection)
        shown = connection.execute("select count(*) from analytics_persons").fetchone()
    assert rows and shown == (len(rows),)
    assert sum(digest(KEY, code) != key for code, key in rows) == 0


def test_key_stands_in_nothing_that_a_build_leaves(built: Path) -> None:
    kinds = {file.suffix for file in built.rglob("*")}
    assert {".duckdb", ".msgpack", ".json", ".log"} <= kinds
    assert "set variable sosdata_inner_pad" in (built / "logs" / "dbt.log").read_text()
    assert places_of(KEY, [built]) == []
    (built / "proof").write_text(f"before {KEY} after")
    assert len(places_of(KEY, [built])) == 1
    (built / "proof").unlink()


def test_order_of_the_rows_tells_nothing_of_the_codes(built: Path) -> None:
    with duckdb.connect(str(built / "sosdata.duckdb"), read_only=True) as connection:
        find_by_name(connection)
        tables = connection.execute(
            "select table_name from duckdb_columns() where schema_name = 'main_analytics'"
            " and column_name = 'person_key'"
            " and table_name not in (select view_name from duckdb_views())"
        ).fetchall()
        assert len(tables) > 4
        for (table,) in tables:
            rows = connection.execute(f"select person_key from {table}").fetchall()
            assert rows == sorted(rows), table


@pytest.mark.parametrize("key", ["", " ", "fifteen letters", "ääääääz"])
def test_short_key_stops_the_build(key: str, tmp_path: Path) -> None:
    write_extract(tmp_path / "extract", {})
    told = stopped_by(tmp_path, SOSDATA_PSEUDONYM_SALT=key)
    assert "SOSDATA_PSEUDONYM_SALT has fewer than 16 bytes" in told
    assert key.strip() == "" or key not in told


def test_key_of_sixteen_bytes_is_long_enough(tmp_path: Path) -> None:
    write_extract(tmp_path / "extract", {})
    assert stopped_by(tmp_path, SOSDATA_PSEUDONYM_SALT="ä" * 8) is None


def test_without_a_key_the_marts_go_and_the_file_stays(built: Path, tmp_path: Path) -> None:
    folder = copied(built, tmp_path)
    assert write_file(folder).returncode == 0
    before = (folder / "analytics.duckdb").read_bytes()
    assert "analytics_persons" in analysts_relations(folder)
    result = run_dbt(folder, BUILD, DBT_VARS)
    assert result.success, result.exception
    assert analysts_relations(folder) == set()
    told = (folder / "logs" / "dbt.log").read_text()
    assert "The analysts' marts are left out: SOSDATA_PSEUDONYM_SALT is not set" in told
    written = write_file(folder)
    assert written.returncode == 0 and "made no analysts' file" in written.stdout
    assert (folder / "analytics.duckdb").read_bytes() == before
    tested = run_dbt(folder, ["test", "--exclude-resource-types", "unit_test"], DBT_VARS)
    assert tested.success, [r.node.name for r in tested.result if r.status not in ("pass", "warn")]


def write_file(folder: Path, file: Path | str | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, PROJECT / "scripts" / "analytics_file.py"],
        env=os.environ
        | {
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "DBT_PROFILES_DIR": str(folder),
            "SOSDATA_SOURCE_DIR": str(folder / "extract"),
            "SOSDATA_DUCKDB_PATH": str(folder / "sosdata.duckdb"),
            "SOSDATA_ANALYTICS_PATH": str(folder / "analytics.duckdb" if file is None else file),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def tables_of(file: Path) -> dict[tuple[str, str], int]:
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
        count = "select count(*) from {}.{}"
        return {place: connection.execute(count.format(*place)).fetchone()[0] for place in names}


def test_file_holds_the_marts_and_the_code_lists_and_nothing_else(
    built: Path, tmp_path: Path
) -> None:
    file = tmp_path / "analytics.duckdb"
    written = write_file(built, file)
    assert (written.returncode, written.stdout.strip()) == (0, str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    seeds = {path.stem for path in (PROJECT / "seeds" / "codes").glob("codes_*.csv")}
    found = tables_of(file)
    assert set(found) == {("main", name) for name in analysts_relations(built) | seeds}
    with duckdb.connect(str(built / "sosdata.duckdb"), read_only=True) as connection:
        find_by_name(connection)
        for (_, name), rows in found.items():
            assert connection.execute(f"select count(*) from {name}").fetchone() == (rows,), name
        codes = connection.execute("select personal_identity_code from int_persons").fetchall()
    content = file.read_bytes()
    assert sum(code.encode() in content for (code,) in codes) == 0
    assert len(codes) > 5
    assert not list(tmp_path.glob(".unfinished*"))


def test_reader_with_the_file_open_holds_nothing_up(built: Path, tmp_path: Path) -> None:
    """Also one that has it open for writing; it goes on reading what it opened."""
    file = tmp_path / "analytics.duckdb"
    assert write_file(built, file).returncode == 0
    program = (
        "import duckdb, sys;"
        " connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'r');"
        " print('open', flush=True); input();"
        " print(connection.execute('select count(*) from analytics_persons').fetchone()[0])"
    )
    for how in ("r", "w"):
        reader = subprocess.Popen(
            [sys.executable, "-c", program, file, how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert reader.stdout.readline() == "open\n"
        before = file.stat().st_ino
        written = write_file(built, file)
        assert written.returncode == 0, written.stderr
        assert file.stat().st_ino != before
        told, _ = reader.communicate("\n")
        assert int(told) > 0


def make_database(path: Path, table: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table {table} as select 1 as one")


def test_file_of_somebody_else_is_never_replaced(built: Path, tmp_path: Path) -> None:
    strangers = {
        "theirs.duckdb": lambda path: make_database(path, "theirs"),
        "text.duckdb": lambda path: path.write_text("no database"),
        "empty.duckdb": lambda path: path.write_text(""),
    }
    for name, make in strangers.items():
        path = tmp_path / name
        make(path)
        before = path.read_bytes()
        refused = write_file(built, path)
        assert refused.returncode == 1 and "holds what no build wrote" in refused.stderr, name
        assert path.read_bytes() == before
    for path, sentence in {
        built / "sosdata.duckdb": "is the database of the build",
        built / "extract": "is a folder: name a file in it",
        tmp_path / "nowhere" / "analytics.duckdb": "does not exist",
        "": "SOSDATA_ANALYTICS_PATH is set but empty",
    }.items():
        refused = write_file(built, path)
        assert refused.returncode == 1 and sentence in refused.stderr, sentence
        assert "Traceback" not in refused.stderr


def test_build_that_failed_leaves_the_file_as_it_was(built: Path, tmp_path: Path) -> None:
    folder = copied(built, tmp_path)
    assert write_file(folder).returncode == 0
    before = (folder / "analytics.duckdb").read_bytes()
    strict = DBT_VARS | {"max_rejected_share": 0}
    assert not run_dbt(folder, BUILD, strict, SOSDATA_PSEUDONYM_SALT=KEY).success
    refused = write_file(folder)
    assert refused.returncode == 1 and "did not run whole and pass" in refused.stderr
    assert (folder / "analytics.duckdb").read_bytes() == before


def test_settings_that_cannot_be_meant_stop_the_build(tmp_path: Path) -> None:
    write_extract(tmp_path / "extract", {})
    for setting, sentence in {
        ("analytics_from", "2024"): "analytics_from: '2024' is not a quarter.",
        ("analytics_from", ""): "analytics_from: '' is not a quarter.",
        ("analytics_readers", "analyst"): "analytics_readers: DuckDB knows no roles.",
    }.items():
        name, value = setting
        assert sentence in stopped_by(tmp_path, {name: value})


def test_dictionary_of_the_file_is_in_its_comments(built: Path, tmp_path: Path) -> None:
    file = tmp_path / "analytics.duckdb"
    assert write_file(built, file).returncode == 0
    manifest = json.loads((built / "target" / "manifest.json").read_text())
    node = manifest["nodes"]["model.sosdata.analytics_persons"]
    with duckdb.connect(str(file), read_only=True) as connection:
        comments = connection.execute(
            "select column_name, comment from duckdb_columns()"
            " where table_name = 'analytics_persons'"
        ).fetchall()
    assert dict(comments) == {
        name: column["description"].strip() for name, column in node["columns"].items()
    }


def test_build_tells_after_its_page_where_the_file_was_not_written(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """Drafts are written and shown all the same, and the exit code says that not all was done."""
    places = {
        "DBT_TARGET_PATH": built / "target",
        "DBT_LOG_PATH": built / "logs",
        "DBT_PROFILES_DIR": built,
        "SOSDATA_SOURCE_DIR": built / "extract",
        "SOSDATA_DUCKDB_PATH": built / "sosdata.duckdb",
        "SOSDATA_DELIVERY_DIR": tmp_path / "delivery",
    }
    monkeypatch.chdir(PROJECT)
    for name, value in places.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(build_script, "run_dbt", lambda build_vars: built_relations.parse())
    monkeypatch.setattr(sys, "argv", ["build.py"])
    make_database(tmp_path / "theirs.duckdb", "theirs")
    for path, sentence in {
        tmp_path / "theirs.duckdb": "holds what no build wrote",
        "": "SOSDATA_ANALYTICS_PATH is set but empty",
        tmp_path / "analytics.duckdb": "",
    }.items():
        monkeypatch.setenv("SOSDATA_ANALYTICS_PATH", str(path))
        assert build_script.main() == (1 if sentence else 0)
        told = capsys.readouterr()
        assert "Rows to be delivered" in told.out
        assert sentence in told.err and ("file is as it was" in told.err) == bool(sentence)
        assert ("analysts' marts" in told.out) == (not sentence)
    assert (tmp_path / "delivery" / "2024Q1" / "draft" / "sosdata_clients.csv").exists()
