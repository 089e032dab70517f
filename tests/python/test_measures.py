"""The measures of section 11 against the slow reading, on extracts with counts at the limits."""

import datetime
import random
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

import summary
from messy_extracts import ORGANISERS, identity_code
from slow_reading import Reading
from test_slow_reading import AGREED, BASE, difference, expected_reading
from warehouse import COLUMNS, Compiled, compile_project, read_seeds

SYSTEMS = ("busy_a", "busy_b", "busy_c")
TASKS = ("10", "15", "X-ELDERLY", "X-FAMILY-LAW")
MONTHS = {
    "2023Q4": ("2023-10", "2023-11", "2023-12"),
    "2024Q1": ("2024-01", "2024-02", "2024-03"),
    "2024Q2": ("2024-04", "2024-05", "2024-06"),
}
COUNTS = (0, 1, 10, 19, 20, 21, 30, 40, 50, 51, 60)
# What a system may do in a quarter: nothing at all, or nothing but a row or two in its last month.
MOODS = ("even", "even", "silent", "early")
SEEDS = range(5)
PERSONS = 40
BUSY = BASE | {"follow_up_periods": ["2024Q1", "2024Q2"]}
VARIANTS = {
    "the last day of a quarter": {"extracted_on": "2024-06-30"},
    "the day after": {"extracted_on": "2024-07-01"},
    "what limits a delivery": {
        "extracted_on": "2024-07-01",
        "sections": ["I", "II", "III"],
        "decision_scope": ["positive", "decided_in_period"],
        "social_services_included": ["46"],
        "period_gap_days": 40,
    },
}
BY_HALF = ("ME06", "ME07")
EMPTY = {"organiser_code": "", "service_task_code": "", "source_system": ""}
EXPLANATIONS = [
    EMPTY
    | {
        "measure_id": "ME02",
        "follow_up_period": "2024Q2",
        "source_system": " busy_a",
        "reason": "a",
    },
    EMPTY
    | {
        "measure_id": "ME02",
        "follow_up_period": "2024Q2",
        "source_system": "busy_b",
        "reason": " ",
    },
    EMPTY
    | {
        "measure_id": "ME07",
        "follow_up_period": "2024Q1",
        "organiser_code": ORGANISERS[0],
        "reason": "b",
    },
    EMPTY
    | {
        "measure_id": "ME06",
        "follow_up_period": "2024Q1",
        "organiser_code": ORGANISERS[0],
        "reason": "c",
    },
    EMPTY
    | {"measure_id": "ME01", "follow_up_period": "2024Q1", "organiser_code": ORGANISERS[0]}
    | {"service_task_code": "10 ", "reason": "d"},
]
MORE = {"measure_explanations": EXPLANATIONS}


def busy_extract(seed: int) -> dict[str, list[dict]]:
    """Three systems; how many rows a quarter has, and on which days, is drawn for each of them."""
    rng = random.Random(seed)
    tables: dict[str, list[dict]] = {table: [] for table in COLUMNS}
    for number in range(PERSONS):
        born = datetime.date(1960, 1, 1) + datetime.timedelta(days=number)
        for system in SYSTEMS:
            tables["clients"].append(
                {
                    "source_system": system,
                    "client_id": str(number),
                    "personal_identity_code": identity_code(born, "-", 900 + number),
                    "home_municipality_code": "091",
                    "sex_code": "1",
                }
            )
    for system in SYSTEMS:
        organiser = rng.choice(ORGANISERS[:2])
        for months in MONTHS.values():
            mood = rng.choice(MOODS)
            if mood == "silent":
                continue
            for table in ("cases", "decisions", "services_received"):
                _add_rows(rng, tables, table, system, organiser, months, mood)
    return tables


def _add_rows(
    rng: random.Random,
    tables: dict[str, list[dict]],
    table: str,
    system: str,
    organiser: str,
    months: tuple[str, ...],
    mood: str,
) -> None:
    """Rows of one quarter, mostly of one task, so that counts by task reach the limits too."""
    task = rng.choice(TASKS)
    busiest = rng.choice((0, 0.2, 0.5, 1))
    for number in range(rng.choice(COUNTS)):
        month = rng.choice(months)
        if mood == "early":
            month = months[2] if number == 0 and table == "cases" else rng.choice(months[:2])
        day = f"{month}-{rng.randint(1, 29):02}"
        if rng.random() < busiest:
            day = f"{months[1]}-15"
        row = {
            "source_system": system,
            "client_id": str(number % PERSONS) if rng.random() < 0.9 else "rejected",
            "organiser_code": organiser,
            "service_task_code": task if rng.random() < 0.9 else rng.choice(TASKS),
            COLUMNS[table][1]: f"{months[0]}-{number}",
        }
        if table == "cases":
            closed_on = rng.choice((day, day, None))
            is_assumed = rng.random() < 0.05
            begun = {"opened_on": None if is_assumed else day, "opened_before_2020": "true"}
            row |= begun | {"closed_on": closed_on}
        elif table == "decisions":
            row |= {"social_service_code": rng.choice(("46", "93")), "decided_on": day}
            row |= {"decision_type_code": rng.choice(("1", "2", None))}
            row["service_task_code"] = rng.choice((row["service_task_code"], None))
        else:
            started_on, ended_on = rng.choice(((day, None), (day, day), (None, day), (None, None)))
            label = rng.choice(list(MONTHS))
            row |= {"social_service_code": rng.choice(("46", "93")), "follow_up_period": label}
            row |= {"started_on": started_on, "ended_on": ended_on}
            row["service_task_code"] = rng.choice((row["service_task_code"], None))
        tables[table].append(row)


@pytest.fixture(scope="module", params=VARIANTS)
def compiled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, seeded: Path
) -> Iterator[tuple[dict, Compiled]]:
    chosen = BUSY | VARIANTS[request.param]
    build = compile_project(tmp_path_factory.mktemp("build"), seeded, chosen, MORE)
    yield chosen, build
    build.connection.close()


def test_measures_agree_with_slow_reading(compiled: tuple[dict, Compiled]) -> None:
    chosen, build = compiled
    for seed in SEEDS:
        tables = busy_extract(seed)
        build.build(tables)
        expected = expected_reading(tables, chosen, MORE).measures
        found = build.rows("select * from quality_measures")
        assert difference(found, expected) == AGREED, seed


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    chosen = BUSY | VARIANTS["the day after"]
    return [expected_reading(busy_extract(seed), chosen, MORE) for seed in SEEDS]


def test_extracts_reach_both_sides_of_every_measure(readings: list[Reading]) -> None:
    rows = [row for reading in readings for row in reading.measures]
    ids = [row["measure_id"] for row in read_seeds()["quality_measure_rules"]]
    assert {(row[0], row[7]) for row in rows} == {(i, side) for i in ids for side in (True, False)}
    assert {(row[7], row[8]) for row in rows} >= {(True, True), (True, False), (False, False)}
    # The minimum alone decides on the one, the share alone on the other.
    changes = [(abs(row[5] - row[6]), row[6], row[7]) for row in rows if row[0] in BY_HALF]
    assert any(by < 20 and by > Fraction(1, 2) * before for by, before, _ in changes)
    assert any(by >= 20 and not is_notable for by, _, is_notable in changes)


def test_catalogue_has_the_limits_of_the_specification() -> None:
    limits = {
        row["measure_id"]: (row["threshold"] and Decimal(row["threshold"]), int(row["minimum"]))
        for row in read_seeds()["quality_measure_rules"]
    }
    assert limits == {
        "ME01": (Decimal("0.3"), 20),
        "ME02": ("", 20),
        "ME03": (Decimal("0.2"), 20),
        "ME04": (Decimal("0.2"), 20),
        "ME05": (Decimal("0.02"), 50),
        "ME06": (Decimal("0.5"), 20),
        "ME07": (Decimal("0.5"), 20),
    }


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("(true, true), (false, false), (false, true)", ""),
        ("(true, false), (true, true)", "1 measure is notable and not explained"),
        ("(true, false), (true, false), (false, false)", "2 measures are notable and not"),
    ],
)
def test_page_counts_notable_measures_that_nobody_explained(
    rows: str, told: str, capsys: pytest.CaptureFixture
) -> None:
    node = SimpleNamespace(name="quality_measures", schema="main_quality", alias="quality_measures")
    with duckdb.connect() as connection:
        connection.execute(
            "create table quality_measures (is_notable boolean, is_explained boolean)"
        )
        connection.execute(f"insert into quality_measures values {rows}")
        summary.show_measures(connection, SimpleNamespace(nodes={"a": node}))
    page = capsys.readouterr().out
    assert told in page
    assert ("main_quality.quality_measures" in page) == bool(told)
