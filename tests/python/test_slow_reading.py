"""The whole build against the independent, slow reading of the specification, on messy extracts."""

import datetime
from collections import Counter

import pytest

from messy_extracts import CODE_MAP, CODE_VALIDITY, EXTRACTED_ON, ORGANISERS, messy_extract
from slow_reading import RULES_READ, read_slowly
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
MORE_SEED_ROWS = {"code_map": CODE_MAP, "quality_exceptions": EXCEPTIONS, **CODE_VALIDITY}


@pytest.fixture(scope="module", params=VARIANTS)
def compiled(request, tmp_path_factory, seeded):
    chosen = BASE | VARIANTS[request.param]
    build = compile_project(tmp_path_factory.mktemp("build"), seeded, chosen, MORE_SEED_ROWS)
    yield chosen, build
    build.connection.close()


def expected_reading(tables: dict, chosen: dict):
    seeds = read_seeds()
    for seed, rows in MORE_SEED_ROWS.items():
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


def compare(build: Compiled, chosen: dict, seed: int) -> None:
    compare_tables(build, chosen, messy_extract(seed), seed)


def compare_tables(build: Compiled, chosen: dict, tables: dict, name, shown: int = 10**9) -> None:
    """Every delivered and every steward's relation; `shown` is how much of a value is listed."""
    build.build(tables)
    reading = expected_reading(tables, chosen)
    for relation, rows in reading.sections.items():
        assert difference(build.rows(f"select * from {relation}"), rows) == AGREED, (name, relation)
    lineage = build.rows("select * from delivery_lineage")
    assert difference(lineage, reading.lineage) == AGREED, name
    violations = build.rows("select * from quality_violations")
    listed = [(*row[:-1], row[-1] and row[-1][:shown]) for row in reading.violations]
    assert difference(violations, listed) == AGREED, name
    reconciliation = build.rows("select * from quality_reconciliation where rows_in > 0")
    assert difference(reconciliation, reading.reconciliation) == AGREED, name
    results = build.rows(
        "select rule_id, source_system, rows_broken, rows_excepted from quality_rule_results"
        " where rows_broken + rows_excepted > 0"
    )
    counted = [(*key, *counts) for key, counts in reading.rule_results.items()]
    assert difference(results, counted) == AGREED, name
    assert build.failing_tests() == [], name


@pytest.mark.parametrize("seed", range(8))
def test_build_agrees_with_slow_reading(compiled, seed):
    chosen, build = compiled
    compare(build, chosen, seed)


@pytest.mark.long
def test_build_agrees_with_slow_reading_on_many_extracts(compiled):
    chosen, build = compiled
    for seed in range(8, 40):
        compare(build, chosen, seed)


def test_extracts_break_every_rule():
    broken = set()
    for seed in range(30):
        reading = expected_reading(messy_extract(seed), BASE)
        broken |= {violation[0] for violation in reading.violations}
    assert broken == set(RULES_READ) == {row["rule_id"] for row in read_seeds()["quality_rules"]}


ALL_QUARTERS = [f"{year}Q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4)]


@pytest.mark.parametrize("alone", ["2023Q4", "2024Q2", "2025Q1"])
def test_quarter_built_among_all_is_the_quarter_built_alone(tmp_path, seeded, alone):
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
