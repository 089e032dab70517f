"""The analysts' marts against the independent, slow reading of section 10 (A1-A3)."""

import datetime
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from messy_extracts import EXTRACTED_ON, ORGANISERS, identity_code, messy_extract
from slow_analytics import COLUMNS, person_key, read_analytics_slowly
from test_slow_reading import BASE, MORE_SEED_ROWS, as_text
from warehouse import TABLES, Compiled, compile_project, read_seeds

SALT = "artificial persons of the tests"
# None of these plays a part in the analysts' marts.
LIMITS = {
    "follow_up_periods": ["2023Q1"],
    "sections": ["I", "II", "III"],
    "decision_scope": ["positive", "decided_in_period"],
    "social_services_included": ["46", "31"],
    "period_gap_days": 30,
}
# Extracts of the days before and after a quarter's end, of its first day and inside a quarter.
VARIANTS = {
    "default": {"analytics_from": "2020Q1"},
    "all limits": LIMITS | {"analytics_from": "2025Q2"},
    "no default organiser": {"organiser_code": "", "analytics_from": "2025Q3"},
    "a quarter's last day": {"extracted_on": "2025-06-30", "analytics_from": "1999Q4"},
    "in the middle": {"extracted_on": "2024-03-01", "analytics_from": "2023Q2"},
}


@pytest.fixture(scope="module", params=VARIANTS)
def compiled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, seeded: Path
) -> Iterator[tuple[dict, Compiled]]:
    chosen = BASE | VARIANTS[request.param]
    folder = tmp_path_factory.mktemp("analytics")
    build = compile_project(folder, seeded, chosen, MORE_SEED_ROWS, SOSDATA_PSEUDONYM_SALT=SALT)
    build.models = needed(build.models)
    yield chosen, build
    build.connection.close()


def needed(models: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The marts and what they read, in dbt's order: the others cost most of a build's time."""
    kept: list[tuple[str, str, str]] = []
    for relation, sql, materialized in reversed(models):
        is_mart = relation.split(".")[-1].strip('"') in COLUMNS
        if is_mart or any(relation in reader for _, reader, _ in kept):
            kept.insert(0, (relation, sql, materialized))
    return kept


def expected(tables: dict, chosen: dict) -> dict[str, list[tuple]]:
    seeds = read_seeds()
    for seed, rows in MORE_SEED_ROWS.items():
        seeds[seed] = seeds[seed] + rows
    extracted_on = datetime.date.fromisoformat(chosen["extracted_on"])
    return read_analytics_slowly(tables, seeds, chosen | {"extracted_on": extracted_on}, SALT)


def difference(found: list[tuple], expected: list[tuple]) -> dict:
    """Rows that stand on one side only, as multisets; persons are artificial, and hashed."""
    found, expected = Counter(map(as_text, found)), Counter(map(as_text, expected))
    return {"only in SQL": found - expected, "only in the slow reading": expected - found}


AGREED = {"only in SQL": Counter(), "only in the slow reading": Counter()}


def compare(build: Compiled, chosen: dict, tables: dict, name: object) -> None:
    build.build(tables)
    reading = expected(tables, chosen)
    for relation, columns in COLUMNS.items():
        rows = build.rows(f"select {', '.join(columns)} from {relation}")
        assert difference(rows, reading[relation]) == AGREED, (name, relation)


@pytest.mark.parametrize("seed", range(4))
def test_analysts_marts_agree_with_slow_reading(compiled: tuple[dict, Compiled], seed: int) -> None:
    chosen, build = compiled
    compare(build, chosen, messy_extract(seed), seed)


@pytest.mark.long
def test_analysts_marts_agree_with_slow_reading_on_many_extracts(
    compiled: tuple[dict, Compiled],
) -> None:
    chosen, build = compiled
    for seed in range(4, 40):
        compare(build, chosen, messy_extract(seed), seed)


def test_marts_have_the_columns_of_the_specification(compiled: tuple[dict, Compiled]) -> None:
    _, build = compiled
    build.build({})
    for relation, columns in COLUMNS.items():
        found = build.connection.execute(f"select * from {relation}").description
        assert tuple(column[0] for column in found) == columns, relation


def test_extracts_reach_every_outcome() -> None:
    """What the marts say differently from the sections stands in some messy extract."""
    chosen = BASE | VARIANTS["default"]
    found = Counter()
    for seed in range(8):
        for relation, rows in expected(messy_extract(seed), chosen).items():
            cells = (zip(COLUMNS[relation], row, strict=True) for row in rows)
            found.update((relation, *cell) for row in cells for cell in row)
    may_be_empty = {
        "analytics_persons": ("home_county_code",),
        "analytics_service_task_periods": ("ended_on", "days"),
        "analytics_child_protection_periods": ("ended_on", "days"),
        "analytics_decisions": ("service_task_code", "decided_on", "valid_from", "valid_until"),
        "analytics_services_received": (
            *("service_task_code", "started_on", "ended_on", "follow_up_period"),
        ),
    }
    for relation, columns in may_be_empty.items():
        empty = {column for name, column, value in found if name == relation and value is None}
        assert empty == set(columns), relation
    for meaning in ("positive", "negative", "partly_positive"):
        assert found["analytics_decisions", "decision_meaning", meaning]
    for relation in ("analytics_service_task_periods", "analytics_decisions"):
        assert found[relation, "service_task_code", "X-FAMILY-LAW"]
    assert found["analytics_service_task_periods", "is_delivered", False]
    assert found["analytics_service_task_periods", "started_on", datetime.date(2020, 1, 1)]
    assert found["analytics_service_task_periods", "ended_on", EXTRACTED_ON]
    assert found["analytics_services_received", "follow_up_period", "2024Q1"]


# --- Boundaries by hand: the day of the extract is 2025-07-01 ------------------------------------

ONE, OTHER = ORGANISERS[:2]
NAMES = (
    *("end before", "end on", "end after", "same day", "day after", "within", "two organisers"),
    *("family law", "assumed 2019", "assumed 2020", "known 2019", "one open", "alone"),
)
CODES = {
    name: identity_code(datetime.date(1950 + number, 5, 1), "-", 900 + number)
    for number, name in enumerate(NAMES)
}
OLD_CODE = identity_code(datetime.date(1999, 3, 31), "-", 950)
NEWER_CODE = identity_code(datetime.date(1999, 12, 31), "-", 951)
NEW_CODE = identity_code(datetime.date(2000, 2, 29), "A", 952)
CODES["new code"] = NEW_CODE


def hand_made() -> dict[str, list[dict]]:
    """Each boundary by the name of its person; all of a system that maps no codes."""
    tables: dict[str, list[dict]] = {table: [] for table in TABLES}

    def add(table: str, **cells: str | None) -> None:
        number = str(len(tables[table]) + 1)
        tables[table].append({"source_system": "sys_c", TABLES[table]: number} | cells)

    def client(client_id: str, code: str, municipality: str, updated_at: str) -> None:
        add(
            "clients",
            client_id=client_id,
            personal_identity_code=code,
            home_municipality_code=municipality,
            sex_code="1",
            updated_at=updated_at,
        )

    for name in NAMES:
        client(name, CODES[name], "004" if name == "alone" else "091", "2025-01-01")
    # The old code tells the later address: it is the person's all the same.
    client("old code", OLD_CODE, "837", "2025-02-01")
    client("new code", NEW_CODE, "091", "2025-01-01")
    client("malformed", "010150-901?", "091", "2025-01-01")
    for old, new in ((OLD_CODE, NEWER_CODE), (NEWER_CODE, NEW_CODE)):
        add(
            "identity_changes",
            old_personal_identity_code=old,
            new_personal_identity_code=new,
        )
    for client_id, organiser, task, first, last in CASES:
        add(
            "cases",
            client_id=client_id,
            organiser_code=organiser,
            service_task_code=task,
            opened_on=first,
            closed_on=last,
            opened_before_2020=None if first else "true",
        )
        add(
            "child_protection_relationships",
            client_id=client_id,
            organiser_code=organiser,
            started_on=first,
            ended_on=last,
            started_before_2020=None if first else "true",
        )
    for client_id, task, decided_on, valid_from, valid_until, decision_type in DECISIONS:
        add(
            "decisions",
            client_id=client_id,
            organiser_code=ONE,
            social_service_code="24",
            service_task_code=task,
            decided_on=decided_on,
            valid_from=valid_from,
            valid_until=valid_until,
            decision_type_code=decision_type,
        )
    for client_id, task, first, last, label in SERVICES:
        add(
            "services_received",
            client_id=client_id,
            organiser_code=ONE,
            social_service_code="24",
            service_task_code=task,
            started_on=first,
            ended_on=last,
            follow_up_period=label,
        )
    return tables


CASES = (
    ("end before", ONE, "20", "2024-01-01", "2025-06-30"),
    ("end on", ONE, "20", "2025-07-01", "2025-07-01"),
    ("end after", ONE, "20", "2025-06-01", "2025-07-02"),
    ("same day", ONE, "20", "2024-01-01", "2024-01-10"),
    ("same day", ONE, "20", "2024-01-10", "2024-01-20"),
    ("day after", ONE, "20", "2024-01-01", "2024-01-10"),
    ("day after", ONE, "20", "2024-01-11", "2024-01-20"),
    ("within", ONE, "20", "2024-01-01", "2024-12-31"),
    ("within", ONE, "20", "2024-03-01", "2024-03-31"),
    ("within", ONE, "20", "2024-12-31", "2025-07-02"),
    ("two organisers", ONE, "20", "2024-01-01", "2024-01-10"),
    ("two organisers", OTHER, "20", "2024-01-05", "2024-01-20"),
    ("family law", ONE, "X-FAMILY-LAW", "2024-02-28", "2024-03-01"),
    ("assumed 2019", ONE, "20", None, "2019-12-31"),
    ("assumed 2020", ONE, "20", None, "2020-01-01"),
    ("known 2019", ONE, "20", "2019-12-31", "2020-01-01"),
    ("one open", ONE, "20", "2024-01-01", None),
    ("old code", ONE, "20", "2024-01-01", "2024-01-10"),
    ("new code", ONE, "20", "2024-01-10", "2024-01-31"),
    ("malformed", ONE, "20", "2024-01-01", None),
)
# Of cases and child protection relationships alike: all but one are of one task and organiser.
PERIODS = (
    ("end before", ONE, "2024-01-01", "2025-06-30", 547),
    ("end on", ONE, "2025-07-01", "2025-07-01", 1),
    ("end after", ONE, "2025-06-01", None, None),
    ("same day", ONE, "2024-01-01", "2024-01-20", 20),
    ("day after", ONE, "2024-01-01", "2024-01-10", 10),
    ("day after", ONE, "2024-01-11", "2024-01-20", 10),
    ("within", ONE, "2024-01-01", None, None),
    ("two organisers", ONE, "2024-01-01", "2024-01-10", 10),
    ("two organisers", OTHER, "2024-01-05", "2024-01-20", 16),
    ("family law", ONE, "2024-02-28", "2024-03-01", 3),
    ("assumed 2020", ONE, "2020-01-01", "2020-01-01", 1),
    ("known 2019", ONE, "2019-12-31", "2020-01-01", 2),
    ("one open", ONE, "2024-01-01", None, None),
    ("new code", ONE, "2024-01-01", "2024-01-31", 31),
)
DECISIONS = (
    # Nothing but a service: in force since ever, positive; one task is open, and is not taken.
    ("one open", None, None, None, None, None),
    ("end before", None, "2024-01-01", None, "2199-12-31", None),
    ("end on", "X-FAMILY-LAW", "2024-01-01", "2025-12-31", None, "2"),
    ("end after", "20", None, "2024-01-01", "2024-01-31", "X-PARTLY"),
    # Alike but for their ids, and alike after what is assumed.
    ("same day", "20", "2024-01-01", None, "2025-07-02", "1"),
    ("same day", "20", "2024-01-01", None, "2025-07-02", "1"),
    ("same day", "20", "2024-01-01", "2024-01-01", "2025-07-02", None),
    ("old code", "20", "2025-07-01", None, None, "2"),
    ("within", "20", "2025-07-02", None, None, "1"),
    ("malformed", "20", "2024-01-01", None, None, "1"),
)
EFFECTIVE = (
    ("one open", None, None, None, None, "1", "positive"),
    ("end before", None, "2024-01-01", "2024-01-01", "2199-12-31", "1", "positive"),
    ("end on", "X-FAMILY-LAW", "2024-01-01", "2025-12-31", None, "2", "negative"),
    ("end after", "20", None, "2024-01-01", "2024-01-31", "X-PARTLY", "partly_positive"),
    *[("same day", "20", "2024-01-01", "2024-01-01", "2025-07-02", "1", "positive")] * 3,
    ("new code", "20", "2025-07-01", "2025-07-01", None, "2", "negative"),
)
SERVICES = (
    ("one open", None, None, None, "2024Q1"),
    ("one open", None, None, None, "2024Q1"),
    ("one open", None, None, None, "2999Q4"),
    ("end before", "20", "2024-01-01", "2024-01-31", "2023Q4"),
    ("end before", "20", "2024-01-01", "2024-01-31", None),
    ("end before", None, "2024-01-01", "2024-01-31", None),
    ("end on", "X-FAMILY-LAW", "2024-01-01", "2025-07-01", None),
    ("end after", "20", "2024-01-01", "2025-07-02", None),
    ("end after", "20", "2024-01-01", "2025-12-31", "2024Q2"),
    ("end after", "20", "2024-01-01", None, None),
    ("same day", "20", None, "2024-01-31", "2024Q1"),
    ("day after", "20", None, "2025-07-02", "2025Q2"),
    ("old code", "20", "2025-07-01", None, None),
    ("new code", "20", "2025-07-01", None, None),
    ("within", "20", "2025-07-02", None, None),
    ("within", "20", "2024-01-01", None, "2024Q5"),
    ("malformed", "20", "2024-01-01", None, None),
)
RECEIVED = (
    ("one open", None, None, None, "2024Q1"),
    ("one open", None, None, None, "2999Q4"),
    ("end before", "20", "2024-01-01", "2024-01-31", None),
    ("end before", None, "2024-01-01", "2024-01-31", None),
    ("end on", "X-FAMILY-LAW", "2024-01-01", "2025-07-01", None),
    ("end after", "20", "2024-01-01", None, None),
    ("same day", "20", None, "2024-01-31", None),
    ("day after", "20", None, None, None),
    ("new code", "20", "2025-07-01", None, None),
)


def by_hand() -> dict[str, list[tuple]]:
    """What must come out of the hand-made extract, written down and not derived."""
    keys = {name: person_key(SALT, code) for name, code in CODES.items()}
    task_of = {"family law": "X-FAMILY-LAW"}
    persons = [(keys[name], 1950 + number, "1", "091", "90") for number, name in enumerate(NAMES)]
    alone = NAMES.index("alone")
    persons[alone] = (keys["alone"], 1950 + alone, "1", "004", None)
    return {
        "analytics_persons": [*persons, (keys["new code"], 2000, "1", "837", "08")],
        "analytics_service_task_periods": [
            (one, keys[name], task_of.get(name, "20"), name not in task_of, *days)
            for name, one, *days in PERIODS
        ],
        "analytics_child_protection_periods": [
            (one, keys[name], *days) for name, one, *days in PERIODS
        ],
        "analytics_decisions": [(ONE, keys[name], "24", *cells) for name, *cells in EFFECTIVE],
        "analytics_services_received": [
            (ONE, keys[name], "24", *cells) for name, *cells in RECEIVED
        ],
    }


@pytest.mark.parametrize("relation", by_hand())
def test_slow_reading_keeps_the_boundaries(relation: str) -> None:
    for limits in ({}, LIMITS):
        reading = expected(hand_made(), BASE | {"analytics_from": "2020Q1"} | limits)
        assert difference(reading[relation], by_hand()[relation]) == AGREED


def test_build_keeps_the_boundaries(compiled: tuple[dict, Compiled]) -> None:
    chosen, build = compiled
    compare(build, chosen, hand_made(), "by hand")


def test_slow_reading_sees_no_assumed_start_before_2020() -> None:
    chosen = BASE | {"analytics_from": "2020Q1", "extracted_on": "2019-12-31"}
    reading = expected(hand_made(), chosen)
    known = (ONE, person_key(SALT, CODES["known 2019"]), datetime.date(2019, 12, 31), None, None)
    assert reading["analytics_child_protection_periods"] == [known]
    assert not reading["analytics_follow_up_periods"]


QUARTERS = {
    ("2025-06-30", "2025Q1"): [("2025Q1", "2025-03-31", True), ("2025Q2", "2025-06-30", False)],
    ("2025-07-01", "2025Q2"): [("2025Q2", "2025-06-30", True), ("2025Q3", "2025-09-30", False)],
    ("2024-02-29", "2023Q4"): [("2023Q4", "2023-12-31", True), ("2024Q1", "2024-03-31", False)],
}


@pytest.mark.parametrize(("extracted_on", "first"), QUARTERS)
def test_slow_reading_ends_with_the_quarter_of_the_extract(extracted_on: str, first: str) -> None:
    chosen = BASE | {"extracted_on": extracted_on, "analytics_from": first}
    rows = expected(dict.fromkeys(TABLES, []), chosen)["analytics_follow_up_periods"]
    found = [(name, str(last), is_over) for name, _, last, is_over in rows]
    assert found == QUARTERS[extracted_on, first]


def test_reading_hashes_as_published() -> None:
    """RFC 4231, test case 2: the key in the place of the salt, the data in that of the code."""
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert person_key("Jefe", "what do ya want for nothing?") == digest
