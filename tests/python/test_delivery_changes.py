"""What differs from the latest delivery (F8), and the register's figures (F10), counted by hand.

The differences here were written from the specification's words, with collections.Counter.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from delivery_changes import changes
from freeze import recorded
from layout import SECTIONS
from messy_extracts import BIRTHS, identity_code, messy_extract
from test_slow_reading import AGREED, BASE, EXPECTED, MORE_SEED_ROWS, difference
from warehouse import PROJECT, TABLES, Compiled, compile_project

PERIODS = ["2023Q4", "2024Q1", "2024Q2"]
NEVER_DELIVERED = "2025Q1"
VERSION = 3
SEEDS = range(4)
# Section 4, without the follow-up period.
COLUMNS = {
    "I": "organiser_code personal_identity_code home_municipality_code sex_code",
    "II": "organiser_code personal_identity_code service_task_code started_on ended_on",
    "III": "organiser_code personal_identity_code started_on ended_on",
    "IV": "organiser_code personal_identity_code social_service_code service_task_code decided_on"
    " valid_from valid_until decision_type_code",
    "V": "organiser_code personal_identity_code social_service_code service_task_code started_on"
    " ended_on",
}
ALL_COLUMNS = list(dict.fromkeys(" ".join(COLUMNS.values()).split()))
KEYS = {
    "I": ["organiser_code", "personal_identity_code"],
    "II": ["organiser_code", "personal_identity_code", "service_task_code", "started_on"],
    "III": ["organiser_code", "personal_identity_code", "started_on"],
}
SHOWN = ("service_task_code", "started_on", "ended_on")
VARIANTS = {
    "all sections": {},
    # All that was delivered of a section that is now left out is removed.
    "without decisions": {"sections": ["I", "II", "III", "V"]},
}
Rows = dict[tuple[str, str], list[tuple]]


def rows_by_section(build: Compiled) -> Rows:
    """What a build delivers, by section and follow-up period."""
    found: Rows = {}
    for section, relation in SECTIONS.items():
        for row in build.rows(f"select * from {relation}"):
            found.setdefault((section, row[0]), []).append(row[1:])
    return found


def differences(before: Rows, now: Rows, periods: list[str]) -> list[tuple]:
    """F8, of the periods that are built and were delivered."""
    found = []
    for period in periods:
        for section in SECTIONS:
            old, new = (Counter(side.get((section, period), [])) for side in (before, now))
            removed, added = old - new, new - old
            both = {key(section, row) for row in removed} & {key(section, row) for row in added}
            for words, rows in (
                (("removed", "changed_from"), removed),
                (("added", "changed_to"), added),
            ):
                for row in rows.elements():
                    is_changed = section in KEYS and key(section, row) in both
                    found.append((period, VERSION, section, words[is_changed], *wide(section, row)))
    return found


def key(section: str, row: tuple) -> tuple:
    """What one row of a section is known by."""
    cells = dict(zip(COLUMNS[section].split(), row, strict=True))
    return tuple(cells[column] for column in KEYS.get(section, cells))


def wide(section: str, row: tuple) -> tuple:
    """A row in the columns of all sections."""
    cells = dict(zip(COLUMNS[section].split(), row, strict=True))
    return tuple(cells.get(column) for column in ALL_COLUMNS)


def summed(found: list[tuple]) -> list[tuple]:
    """The rows of the summary."""
    task = 4 + ALL_COLUMNS.index("service_task_code")
    person = 4 + ALL_COLUMNS.index("personal_identity_code")
    by_group: dict[tuple, list[str]] = {}
    for row in found:
        by_group.setdefault((*row[:3], row[task], row[3]), []).append(row[person])
    return [(*group, len(rows), len(set(rows))) for group, rows in by_group.items()]


def register_figures(now: Rows) -> list[tuple]:
    """F10: clients by task and municipality, and of all."""
    homes = {
        (period, organiser, person): home
        for (section, period), rows in now.items()
        for organiser, person, home, _ in (rows if section == "I" else [])
    }
    clients: dict[tuple, set[str]] = {}
    for (section, period), rows in now.items():
        for organiser, person, task, *_ in rows if section == "II" else []:
            home = homes[period, organiser, person]
            for group in ((task, home), (task, None), (None, home), (None, None)):
                clients.setdefault((period, organiser, *group), set()).add(person)
    return [(*group, len(persons)) for group, persons in clients.items()]


def mended(rng: random.Random, tables: dict[str, list[dict]]) -> dict[str, list[dict]]:
    """An extract of a later day: rows gone, cells that are others', rows twice, codes replaced."""
    later = {}
    for table, rows in tables.items():
        kept = [dict(row) for row in rows if rng.random() > 0.04]
        for row in kept:
            if rng.random() < 0.15:
                # Ends oftenest: what a correction mostly is.
                ends = [name for name in ("closed_on", "ended_on", "valid_until") if name in row]
                column = rng.choice([*(name for name in row if name != TABLES[table]), *ends * 4])
                row[column] = rng.choice(kept).get(column)
        twice = [row | {TABLES[table]: f"again {n}"} for n, row in enumerate(kept)]
        later[table] = kept + [row for row in twice if rng.random() < 0.1]
    for number, row in enumerate(rng.sample(tables["clients"], 5)):
        born = date.fromisoformat(rng.choice(BIRTHS))
        sign = "A" if born.year >= 2000 else "-"
        change = {"source_system": "sys_a", "change_id": f"new {number}"}
        change["old_personal_identity_code"] = row["personal_identity_code"]
        change["new_personal_identity_code"] = identity_code(born, sign, 990 + number)
        later["identity_changes"].append(change)
    return later


def record(build: Compiled, rows: Rows) -> None:
    """Delivers rows, in the record as a build finds it; beside them what must not be seen there."""
    connection = build.connection
    for relation in SECTIONS.values():
        connection.execute(f"delete from loaded_record.{recorded(relation)}")
    connection.execute("delete from loaded_record.deliveries")
    deliveries = [("2022Q1", VERSION, "f3 2022Q1")]
    for period in PERIODS:
        deliveries += [(period, VERSION - number, f"f{3 - number} {period}") for number in (0, 1)]
    connection.executemany(
        "insert into loaded_record.deliveries (follow_up_period, version, freeze_id)"
        " values (?, ?, ?)",
        deliveries,
    )
    for (section, period), cells in rows.items():
        freezes = [(period, VERSION + 1, "killed")]
        if period in PERIODS:
            freezes += [(period, VERSION, f"f3 {period}"), (period, VERSION - 1, f"f2 {period}")]
        if period == PERIODS[0]:
            freezes.append(("2022Q1", VERSION, "f3 2022Q1"))
        into = f"insert into loaded_record.{recorded(SECTIONS[section])} values"
        marks = ", ".join("?" for _ in range(len(cells[0]) + 3))
        for of_period, version, freeze_id in freezes:
            connection.executemany(
                f"{into} ({marks})", [(of_period, version, *row, freeze_id) for row in cells]
            )


@pytest.fixture(scope="module", params=VARIANTS)
def builds(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, seeded: Path
) -> Iterator[tuple[Compiled, Compiled]]:
    """The build that is delivered, and that of the later day."""
    more = MORE_SEED_ROWS | EXPECTED
    chosen = BASE | {"follow_up_periods": [*PERIODS, NEVER_DELIVERED]}
    found = [compile_project(tmp_path_factory.mktemp("build"), seeded, chosen, more)]
    if other := VARIANTS[request.param]:
        found.append(
            compile_project(tmp_path_factory.mktemp("later"), seeded, chosen | other, more)
        )
    yield found[0], found[-1]
    for build in found:
        build.connection.close()


def test_changes_and_figures_agree_with_counts_by_hand(builds: tuple[Compiled, Compiled]) -> None:
    delivered, later = builds
    kinds, most_alike = set(), 0
    for seed in SEEDS:
        tables = messy_extract(seed)
        delivered.build(tables)
        before = rows_by_section(delivered)
        record(later, before)
        later.build(mended(random.Random(seed), tables))
        now = rows_by_section(later)
        expected = differences(before, now, PERIODS)
        found = later.rows("select * from delivery_changes")
        assert difference(found, expected) == AGREED, seed
        summary = later.rows("select * from delivery_changes_summary")
        assert difference(summary, summed(expected)) == AGREED, seed
        figures = later.rows("select * from delivery_register_figures")
        assert difference(figures, register_figures(now)) == AGREED, seed
        for period in PERIODS:
            by_freeze = later.rows(changes_of_a_freeze(later, period))
            assert difference(by_freeze, [row for row in expected if row[0] == period]) == AGREED
        assert {row[:5] for row in later.rows(lineage_of_changes())} == to_be_followed(expected), (
            seed
        )
        kinds |= {(row[2], row[3]) for row in expected}
        most_alike = max(most_alike, *Counter(expected).values())
        assert any(row[2] == row[3] is None for row in figures)
    assert kinds == {
        (section, change)
        for section in SECTIONS
        for change in ("added", "removed", "changed_from", "changed_to")
        if section in KEYS or change in ("added", "removed")
    } - ({("IV", "added")} if later is not delivered else set())
    assert most_alike > 1 or later is not delivered


def lineage_of_changes() -> str:
    """The query that docs/corrections.md gives to stewards."""
    page = (PROJECT / "docs" / "corrections.md").read_text(encoding="utf-8")
    return re.search(r"^ {4}select\n.*?'changed_to'\)$", page, re.DOTALL | re.MULTILINE)[0]


def to_be_followed(expected: list[tuple]) -> set[tuple]:
    """What is now delivered otherwise in II to V, in the columns that the page shows."""
    shown = [4 + ALL_COLUMNS.index(name) for name in SHOWN]
    return {
        (*row[2:4], *(row[column] for column in shown))
        for row in expected
        if row[3] in ("added", "changed_to") and row[2] != "I"
    }


def changes_of_a_freeze(build: Compiled, period: str) -> str:
    """The query of a freeze, which must say of the same two sides what the mart says (d-106)."""
    before = {
        section: f"select {', '.join(COLUMNS[section].split())}"
        f" from stg_record__{recorded(relation)} where follow_up_period = '{period}'"
        for section, relation in SECTIONS.items()
    }
    now = {
        section: f"select * from {relation} where follow_up_period = '{period}'"
        for section, relation in SECTIONS.items()
    }
    return changes(build.connection, period, VERSION, before, now)


def test_without_a_record_nothing_differs(builds: tuple[Compiled, Compiled]) -> None:
    _, later = builds
    record(later, {})
    later.connection.execute("delete from loaded_record.deliveries")
    later.build(messy_extract(0))
    assert later.rows("select * from sosdata_clients")
    assert later.rows("select * from delivery_changes") == []
    assert later.rows("select * from delivery_changes_summary") == []
