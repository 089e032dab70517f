"""The whole build against the independent, slow reading of the specification, on messy extracts."""

import datetime
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from messy_extracts import (
    CODE_MAP,
    CODE_VALIDITY,
    EXPECTED_SOURCES,
    EXTRACTED_ON,
    ORGANISERS,
    messy_extract,
)
from slow_reading import RULES_READ, Reading, read_slowly
from warehouse import Compiled, compile_project, read_seeds

SECTIONS = ["I", "II", "III", "IV", "V"]
SECTION_RELATIONS = (
    "sosdata_clients",
    "sosdata_service_task_periods",
    "sosdata_child_protection_periods",
    "sosdata_decisions",
    "sosdata_services_received",
)
BASE = {
    "follow_up_periods": ["2023Q4", "2024Q1", "2024Q2", "2025Q1"],
    "organiser_code": ORGANISERS[0],
    "extracted_on": str(EXTRACTED_ON),
    "period_gap_days": 0,
    "sections": SECTIONS,
    "decision_scope": [],
    "social_services_included": [],
}
EXCEPTIONS = [
    {
        "rule_id": "CL51",
        "source_system": "sys_a",
        "reason": "artificial",
        "until": str(EXTRACTED_ON),
    },
    {"rule_id": "CA54", "source_system": "sys_b", "reason": "too late", "until": "2025-06-30"},
    {"rule_id": "DE53", "source_system": "sys_b", "reason": "no end", "until": ""},
    {"rule_id": "CL55", "source_system": "sys_c", "reason": "old dates", "until": "2199-12-31"},
]
EXPLANATIONS = [
    {
        "measure_id": measure,
        "follow_up_period": "2024Q1",
        "organiser_code": organiser,
        "service_task_code": "",
        "source_system": system,
        "reason": reason,
    }
    for measure, organiser, system, reason in (
        ("ME02", "", "sys_a", "moved"),
        ("ME02\u00a0", "", "\ufeffsys_b", " merged "),
        ("ME03", "", "sys_a", "\u00a0"),
        ("ME04", "", "sys_b", ""),
        ("ME06", ORGANISERS[0], "", "another task"),
        ("ME07", ORGANISERS[0], "sys_a", "no such measure"),
    )
]
VARIANTS = {
    "default": {},
    "no default organiser": {"organiser_code": ""},
    "gap of 30 days": {"period_gap_days": 30},
    "positive decisions": {"decision_scope": ["positive"]},
    "decided in period": {
        "decision_scope": ["decided_in_period"],
        "social_services_included": ["46", "31"],
    },
    "without decisions": {"sections": ["I", "II", "III", "V"]},
}
MORE_SEED_ROWS = {
    "code_map": CODE_MAP,
    "quality_exceptions": EXCEPTIONS,
    "measure_explanations": EXPLANATIONS,
    **CODE_VALIDITY,
}
# In all variants but one: where the seed is empty, no source is unexpected (Q4).
EXPECTED = {"expected_sources": EXPECTED_SOURCES}
WITHOUT_EXPECTED = "no default organiser"
# Q4 judges the extract, not the project: these fail on most messy extracts.
TESTS_OF_EXTRACT = {"rejected_share", "expected_sources_bring_rows"}


@pytest.fixture(scope="module", params=VARIANTS)
def compiled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, seeded: Path
) -> Iterator[tuple[dict, dict, Compiled]]:
    chosen = BASE | VARIANTS[request.param]
    more = MORE_SEED_ROWS | ({} if request.param == WITHOUT_EXPECTED else EXPECTED)
    build = compile_project(tmp_path_factory.mktemp("build"), seeded, chosen, more)
    yield chosen, more, build
    build.connection.close()


def expected_reading(tables: dict, chosen: dict, more: dict = MORE_SEED_ROWS) -> Reading:
    seeds = read_seeds()
    for seed, rows in more.items():
        seeds[seed] = seeds[seed] + rows
    extracted_on = datetime.date.fromisoformat(chosen["extracted_on"])
    return read_slowly(tables, seeds, chosen | {"extracted_on": extracted_on})


def as_text(row: tuple) -> tuple:
    return tuple(value if value is None else str(value) for value in row)


def difference(found: list[tuple], expected: list[tuple]) -> dict:
    """Rows that stand on one side only, as multisets, so that a failure names them."""
    found, expected = Counter(map(as_text, found)), Counter(map(as_text, expected))
    return {"only in SQL": found - expected, "only in the slow reading": expected - found}


AGREED = {"only in SQL": Counter(), "only in the slow reading": Counter()}


RELATIONS = {
    "lineage": "select * from delivery_lineage",
    "reconciliation": "select * from quality_reconciliation where rows_in > 0",
    "rule_results": "select rule_id, source_system, rows_checked, rows_broken, rows_excepted,"
    " status from quality_rule_results",
    "code_map_proposals": "select source_system, classification, local_code, rows, status,"
    " proposed_code, proposed_name from code_map_proposals",
    "measures": "select * from quality_measures",
    "unexpected_sources": "select source_system, source_table, problem"
    " from quality_unexpected_sources",
    "note": "select follow_up_period, section, item, item_value from delivery_note"
    " where item in ('information_source', 'social_service')",
}
SHARES = (
    "select source_table, source_system, rows_judged, rows_rejected, is_over"
    " from quality_rejected_shares where rows_judged > 0"
)
OBSERVED_VALUE = 8


def compare(build: Compiled, chosen: dict, more: dict, seed: int) -> None:
    compare_tables(build, chosen, messy_extract(seed), seed, more=more)


def compare_tables(
    build: Compiled,
    chosen: dict,
    tables: dict,
    name: object,
    shown: int = 10**9,
    more: dict = MORE_SEED_ROWS,
) -> None:
    """Every delivered and every steward's relation; `shown` is how much of a value is listed."""
    build.build(tables)
    reading = expected_reading(tables, chosen, more)
    for relation, rows in reading.sections.items():
        assert difference(build.rows(f"select * from {relation}"), rows) == AGREED, (name, relation)
    violations = build.rows("select * from quality_violations")
    listed = [cut(row, shown) for row in reading.violations]
    assert difference(violations, listed) == AGREED, name
    for part, query in RELATIONS.items():
        assert difference(build.rows(query), getattr(reading, part)) == AGREED, (name, part)
    shares = [(*row[:4], row[5]) for row in reading.rejected_shares]
    assert difference(build.rows(SHARES), shares) == AGREED, name
    assert set(build.failing_tests()) <= TESTS_OF_EXTRACT, name


def cut(row: tuple, shown: int) -> tuple:
    """A violation whose value is shown in part."""
    value = row[OBSERVED_VALUE]
    return (*row[:OBSERVED_VALUE], value and value[:shown], *row[OBSERVED_VALUE + 1 :])


@pytest.mark.parametrize("seed", range(4))
def test_build_agrees_with_slow_reading(compiled: tuple[dict, dict, Compiled], seed: int) -> None:
    chosen, more, build = compiled
    compare(build, chosen, more, seed)


@pytest.mark.long
def test_build_agrees_with_slow_reading_on_many_extracts(
    compiled: tuple[dict, dict, Compiled],
) -> None:
    chosen, more, build = compiled
    for seed in range(4, 40):
        compare(build, chosen, more, seed)


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    more = MORE_SEED_ROWS | EXPECTED
    return [expected_reading(messy_extract(seed), BASE, more) for seed in range(30)]


def test_extracts_break_every_rule(readings: list[Reading]) -> None:
    broken = {violation[0] for reading in readings for violation in reading.violations}
    assert broken == set(RULES_READ) == {row["rule_id"] for row in read_seeds()["quality_rules"]}


def test_extracts_reach_every_outcome(readings: list[Reading]) -> None:
    """What no rule tells of: shares at their limits, proposals of each kind, sources, units."""
    shares = {
        (system is None, judged < 100, rejected * 20 > judged, rejected * 20 == judged, is_over)
        for reading in readings
        for _, system, judged, rejected, _, is_over in reading.rejected_shares
    }
    assert shares >= {
        (True, False, True, False, True),
        (False, True, True, False, False),
        (False, False, True, False, True),
        (False, False, False, True, False),
    }
    assert {(row[4], row[5] is None) for r in readings for row in r.code_map_proposals} == {
        ("unmapped", True),
        ("unmapped", False),
        ("taken_as_national", True),
        ("taken_as_national", False),
    }
    assert {row[2] for r in readings for row in r.unexpected_sources} == {"missing", "unexpected"}
    explained = {(row[0], row[8]) for reading in readings for row in reading.measures}
    assert explained >= {("ME02", True), ("ME02", False), ("ME06", True), ("ME03", False)}
    assert not explained & {("ME03", True), ("ME04", True), ("ME07", True)}
    statuses = {(row[1] is None, row[5]) for r in readings for row in r.rule_results}
    assert len(statuses) == 6
    assert {row[9] is None for r in readings for row in r.violations} == {True, False}


def test_rules_are_broken_where_they_are_judged(readings: list[Reading]) -> None:
    for reading in readings:
        for rule_id, _, checked, broken, excepted, _ in reading.rule_results:
            assert broken + excepted <= checked, rule_id


ALL_QUARTERS = [f"{year}Q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    "alone",
    ["2024Q2", *(pytest.param(q, marks=pytest.mark.long) for q in ("2023Q4", "2025Q1"))],
)
def test_quarter_built_among_all_is_the_quarter_built_alone(
    tmp_path: Path, seeded: Path, alone: str
) -> None:
    rows = {}
    for name, quarters in (("alone", [alone]), ("all", ALL_QUARTERS)):
        chosen = BASE | {"follow_up_periods": quarters}
        build = compile_project(tmp_path / name, seeded, chosen, MORE_SEED_ROWS)
        build.build(messy_extract(7, persons=80))
        for relation in (*SECTION_RELATIONS, "delivery_lineage"):
            found = build.rows(f"select * from {relation} where follow_up_period = '{alone}'")
            rows.setdefault(relation, []).append(Counter(map(as_text, found)))
        build.connection.close()
    for relation, (built_alone, built_among_all) in rows.items():
        assert built_alone and built_alone == built_among_all, relation
