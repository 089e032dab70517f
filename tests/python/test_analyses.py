"""The questions of analyses/ against plain counting, and what `make analysis` tells (A6)."""

import csv
import datetime
import itertools
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt_common.exceptions import DbtRuntimeError

import analysis
from warehouse import PROJECT, find_by_name

NAMES = [
    "clients_by_task_and_age",
    "first_decision_to_first_service",
    "how_long_periods_last",
    "new_and_ended",
    "several_tasks_at_once",
]
EXTRACTED_ON = datetime.date(2026, 1, 15)
DAY = "{extracted_on: 2026-01-15}"
FAR = datetime.date.max


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The built demo, and the environment in which it is found."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "profiles.yml").write_text((PROJECT / "profiles.yml.example").read_text())
    places = {
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_PROFILES_DIR": str(folder),
        "SOSDATA_DEMO_DIR": str(folder / "demo"),
    }
    build = [sys.executable, PROJECT / "scripts" / "build.py"]
    done = subprocess.run(
        build, env=os.environ | places, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT)
        for name, value in places.items():
            patch.setenv(name, value)
        patch.setenv("SOSDATA_DUCKDB_PATH", str(folder / "demo" / "sosdata.duckdb"))
        yield folder
        DuckDBConnectionManager.close_all_connections()


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, analysis.Result]:
    asked = analysis.analyses()
    return {name: asked.result(name) for name in asked.nodes}


@pytest.fixture(scope="module")
def marts(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    # A copy, as one process opens a database in one way.
    path = shutil.copy(folder / "demo" / "sosdata.duckdb", folder / "marts.duckdb")
    with duckdb.connect(str(path), read_only=True) as connection:
        yield find_by_name(connection)


def dicts(connection: duckdb.DuckDBPyConnection, mart: str) -> list[dict]:
    found = connection.execute(f"select * from {mart}")
    columns = [column[0] for column in found.description]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def quarters(marts: duckdb.DuckDBPyConnection) -> list[dict]:
    return [q for q in dicts(marts, "analytics_follow_up_periods") if q["is_over"]]


def periods(marts: duckdb.DuckDBPyConnection) -> list[dict]:
    return dicts(marts, "analytics_service_task_periods")


def overlaps(period: dict, first: datetime.date, last: datetime.date) -> bool:
    return period["started_on"] <= last and (period["ended_on"] or FAR) >= first


def test_analyses_are_those_of_the_analysts(results: dict[str, analysis.Result]) -> None:
    """That of the steward shows client ids, and is not among them."""
    assert list(results) == NAMES
    assert (PROJECT / "analyses" / "violations_for_the_steward.sql").exists()


def test_page_is_that_of_the_demo(results: dict[str, analysis.Result]) -> None:
    assert analysis.PAGE.read_text(encoding="utf-8") == analysis.page(list(results.values())), (
        "build the demo, then `make analyses-page`"
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_says_its_question_grain_and_limits(
    name: str, results: dict[str, analysis.Result]
) -> None:
    question, _, rest = results[name].words.partition("\n")
    assert question.endswith("?")
    assert "Grain: one row for each" in rest and "Limits: " in rest


@pytest.mark.parametrize("name", NAMES)
def test_charts_are_pictures_without_script_or_address(
    name: str, results: dict[str, analysis.Result]
) -> None:
    of_the_page = (PROJECT / "docs" / "analyses" / f"{name}.svg").read_text(encoding="utf-8")
    for svg in (of_the_page, analysis.chart_of(results[name])):
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert not re.search("<script|<foreignObject|javascript:| on[a-z]+=", svg, re.IGNORECASE)
        # Names of namespaces are no addresses that a reader asks.
        left = re.sub(r'xmlns(:\w+)?="[^"]*"', "", svg)
        assert not re.search("href|//|@import|url\\((?!#)", left, re.IGNORECASE)


def test_no_result_tells_persons_apart(results: dict[str, analysis.Result]) -> None:
    for result in results.values():
        cells = {str(cell) for row in result.rows for cell in row}
        assert not [cell for cell in cells if re.search("[0-9a-f]{64}", cell)]


def test_clients_by_task_and_age(
    results: dict[str, analysis.Result], marts: duckdb.DuckDBPyConnection
) -> None:
    born = {row["person_key"]: row["birth_year"] for row in dicts(marts, "analytics_persons")}
    groups = {"0-6": 7, "7-17": 18, "18-24": 25, "25-64": 65, "65-74": 75, "75-84": 85}
    persons = defaultdict(set)
    for quarter, period in itertools.product(quarters(marts), periods(marts)):
        if overlaps(period, quarter["started_on"], quarter["ended_on"]):
            key = period["person_key"]
            age = quarter["ended_on"].year - born[key]
            group = next((g for g, above in groups.items() if age < above), "85+")
            group = "not born" if age < 0 else group
            of = (quarter["follow_up_period"], period["service_task_code"], group)
            persons[of].add(key)
    found = {
        (row["follow_up_period"], row["service_task_code"], row["age_group"]): row["clients"]
        for row in results["clients_by_task_and_age"].records()
    }
    assert found == {key: len(of_them) for key, of_them in persons.items()}
    assert len(found) == len(results["clients_by_task_and_age"].rows) > 500


def test_new_and_ended(
    results: dict[str, analysis.Result], marts: duckdb.DuckDBPyConnection
) -> None:
    counted = defaultdict(lambda: [0, 0, 0])
    for quarter, period in itertools.product(quarters(marts), periods(marts)):
        first, last = quarter["started_on"], quarter["ended_on"]
        if overlaps(period, first, last):
            counts = counted[quarter["follow_up_period"], period["service_task_code"]]
            counts[0] += first <= period["started_on"] <= last
            counts[1] += first <= (period["ended_on"] or FAR) <= last
            counts[2] += overlaps(period, last, last)
    found = {
        (row["follow_up_period"], row["service_task_code"]): [
            row["started"],
            row["ended"],
            row["going_on"],
        ]
        for row in results["new_and_ended"].records()
    }
    assert found == counted


def test_how_long_periods_last(
    results: dict[str, analysis.Result], marts: duckdb.DuckDBPyConnection
) -> None:
    """The Kaplan-Meier estimate, day by day as textbooks give it."""
    lengths = defaultdict(list)
    for period in periods(marts):
        if period["started_on"] != datetime.date(2020, 1, 1):
            until = period["ended_on"] or EXTRACTED_ON
            days = (until - period["started_on"]).days + 1
            lengths[period["service_task_code"]].append((days, period["ended_on"] is not None))
    rows = results["how_long_periods_last"].records()
    assert {row["service_task_code"] for row in rows} == set(lengths)
    curves = {task: survival(of_task) for task, of_task in lengths.items()}
    for row in rows:
        of_task, last = lengths[row["service_task_code"]], row["days_since_start"]
        steps = [share for day, share in curves[row["service_task_code"]] if day <= last]
        assert row["share_going_on"] == pytest.approx(steps[-1] if steps else 1, abs=0.0006)
        assert row["still_followed"] == sum(days > last for days, _ in of_task) > 0
        assert row["ended"] == sum(days <= last and ended for days, ended in of_task)
        assert row["years"] * 365.25 == pytest.approx(last, abs=0.6)


def survival(lengths: list[tuple[int, bool]]) -> list[tuple[int, float]]:
    """The share after each day with an end."""
    curve, share = [], 1.0
    for day, ended in sorted(Counter(days for days, ended in lengths if ended).items()):
        share *= 1 - ended / sum(days >= day for days, _ in lengths)
        curve.append((day, share))
    return curve


def test_several_tasks_at_once(
    results: dict[str, analysis.Result], marts: duckdb.DuckDBPyConnection
) -> None:
    persons, clients = defaultdict(int), defaultdict(int)
    for quarter in quarters(marts):
        last, tasks = quarter["ended_on"], defaultdict(set)
        for period in periods(marts):
            if overlaps(period, last, last):
                tasks[period["person_key"]].add(period["service_task_code"])
        for of_person in tasks.values():
            for task in of_person:
                clients[quarter["follow_up_period"], task] += 1
            for pair in itertools.combinations(sorted(of_person), 2):
                persons[quarter["follow_up_period"], *pair] += 1
    rows = results["several_tasks_at_once"].records()
    found = {
        (row["follow_up_period"], row["service_task_code"], row["other_task_code"]): row["persons"]
        for row in rows
    }
    assert found == persons and len(rows) == len(found)
    for row in rows:
        assert row["clients_of_task"] == clients[row["follow_up_period"], row["service_task_code"]]
        assert row["clients_of_other"] == clients[row["follow_up_period"], row["other_task_code"]]


def test_first_decision_to_first_service(
    results: dict[str, analysis.Result], marts: duckdb.DuckDBPyConnection
) -> None:
    def first(mart: str, day: str, left_out: str) -> dict[tuple, datetime.date]:
        days = defaultdict(list)
        for row in dicts(marts, mart):
            if row[day] and row.get("decision_meaning") != left_out:
                key = (row["organiser_code"], row["person_key"], row["social_service_code"])
                days[key].append(row[day])
        return {key: min(of_them) for key, of_them in days.items()}

    granted = first("analytics_decisions", "decided_on", "negative")
    received = first("analytics_services_received", "started_on", "")
    waits = defaultdict(list)
    for key, day in granted.items():
        waits[key[-1]].append((received[key] - day).days if key in received else None)
    rows = results["first_decision_to_first_service"].records()
    assert {row["social_service_code"] for row in rows} == set(waits)
    for row in rows:
        days = waits[row["social_service_code"]]
        after = sorted(day for day in days if day is not None and day >= 0)
        assert row["persons"] == len(days)
        assert row["served_after"] == len(after)
        assert row["waiting"] == days.count(None)
        assert row["served_before"] == len(days) - len(after) - days.count(None)
        for column, share in (("median_days", 5), ("days_of_nine_in_ten", 9)):
            # The first value that at least so many tenths do not exceed.
            reached = after[-(-len(after) * share // 10) - 1] if after else None
            assert row[column] == reached


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["analysis.py", *arguments])
    return analysis.main()


def test_unknown_name_is_answered_with_the_names(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert run(monkeypatch, "--name", "violations_for_the_steward") == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "No analysis: there is no analysis 'violations_for_the_steward';"
        f" NAME is one of {', '.join(NAMES)}.\n"
    )


def test_table_is_printed_and_written_with_its_chart(
    folder: Path,
    results: dict[str, analysis.Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    out = tmp_path / "out"
    assert run(monkeypatch, "--name", "several_tasks_at_once", "--out", str(out)) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == analysis.NOT_TO_BE_SHOWN
    assert "services for people with disabilities" in told[4]
    assert sorted(file.name for file in out.iterdir()) == [
        "several_tasks_at_once.csv",
        "several_tasks_at_once.svg",
    ]
    assert {file.stat().st_mode & 0o077 for file in out.iterdir()} == {0}
    with (out / "several_tasks_at_once.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.reader(file))
    asked = results["several_tasks_at_once"]
    assert written == [asked.columns, *([*map(analysis.as_text, row)] for row in asked.rows)]


def test_file_of_the_analysts_gives_the_same(
    folder: Path, results: dict[str, analysis.Result]
) -> None:
    """The marts alone, in the schema main (A1)."""
    file = folder / "demo" / "analytics.duckdb"
    asked = analysis.analyses(file, {"extracted_on": "2026-01-15"})
    assert {name: asked.result(name) for name in asked.nodes} == results
    with pytest.raises(analysis.NoBuild, match="say it with VARS='{extracted_on"):
        analysis.analyses(file).result("how_long_periods_last")


def test_left_out_marts_are_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    database = tmp_path / "sosdata.duckdb"
    shutil.copy(folder / "demo" / "sosdata.duckdb", database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop schema main_analytics cascade")
    monkeypatch.setenv("SOSDATA_DUCKDB_PATH", str(database))
    assert run(monkeypatch, "--name", "new_and_ended") == 1
    assert capsys.readouterr().err == f"No analysis: {analysis.NO_MARTS}\n"


def test_page_is_written_of_artificial_persons_only(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    database = tmp_path / "sosdata.duckdb"
    shutil.copy(folder / "demo" / "sosdata.duckdb", database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("update main.build_outcome set is_demo = false")
    monkeypatch.setenv("SOSDATA_DUCKDB_PATH", str(database))
    monkeypatch.setattr(analysis, "PAGE", tmp_path / "analyses.md")
    assert run(monkeypatch, "--page") == 1
    assert "artificial persons only" in capsys.readouterr().err
    assert not (tmp_path / "analyses.md").exists()


def test_wrong_vars_are_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert run(monkeypatch, "--name", "new_and_ended", "--vars", "extracted_on") == 1
    assert "VARS is not a mapping" in capsys.readouterr().err
    chosen = ["--vars", "{extracted_on: 15.1.2026}"]
    assert run(monkeypatch, "--name", "how_long_periods_last", *chosen) == 1
    assert "`dbt compile --select how_long_periods_last` fails" in capsys.readouterr().err


def test_wrong_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "--name", "new_and_ended", "--file", "none.duckdb") == 1
    told = capsys.readouterr().err
    assert told == f"No analysis: there is no file {tmp_path}/none.duckdb: look at FILE.\n"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("permission denied for view secret", "ask for the right to (var analytics_readers)"),
        ('relation "secret" does not exist', analysis.NO_MARTS),
        ("[TABLE_OR_VIEW_NOT_FOUND] secret", analysis.NO_MARTS),
        ("out of memory: secret", "the engine stopped (DbtRuntimeError)."),
    ],
)
def test_what_an_engine_complains_of_is_told_without_its_words(
    monkeypatch: pytest.MonkeyPatch, error: str, told: str
) -> None:
    class Adapter:
        def connection_named(self, name: str) -> AbstractContextManager:
            return nullcontext()

        def add_query(self, sql: str, auto_begin: bool) -> None:
            raise DbtRuntimeError(error)

    monkeypatch.setattr(analysis.Analyses, "_adapter", lambda self: Adapter())
    asked = analysis.Analyses(None, {}, None, {})
    with pytest.raises(analysis.NoBuild) as stopped:
        asked._run_on_engine("select")
    assert told in str(stopped.value) and "secret" not in str(stopped.value)
