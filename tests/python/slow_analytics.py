"""A slow, plain reading of the analysts' marts, which the project's SQL is compared with.

It was written from `sosdata.md` section 10 (A1-A3) and what it rests on, without a look at the SQL.
Accepted rows, persons and newest codes are those of the slow reading of the sections.
"""

import datetime
import hashlib
import hmac
from collections import defaultdict

from slow_reading import (
    Day,
    Holder,
    Record,
    Run,
    World,
    birth_day,
    code,
    day,
    decision_meaning,
    effective_from,
    end,
    fused,
    holder_of_case,
    holder_of_relationship,
    is_true,
    judge_errors,
    latest,
    make_world,
    person,
    positive_code,
    read_quarter,
    start,
    upper,
)

COLUMNS = {
    "analytics_persons": (
        "person_key",
        "birth_year",
        "sex_code",
        "home_municipality_code",
        "home_county_code",
    ),
    "analytics_service_task_periods": (
        "organiser_code",
        "person_key",
        "service_task_code",
        "is_delivered",
        "started_on",
        "ended_on",
        "days",
    ),
    "analytics_child_protection_periods": (
        "organiser_code",
        "person_key",
        "started_on",
        "ended_on",
        "days",
    ),
    "analytics_decisions": (
        "organiser_code",
        "person_key",
        "social_service_code",
        "service_task_code",
        "decided_on",
        "valid_from",
        "valid_until",
        "decision_type_code",
        "decision_meaning",
    ),
    "analytics_services_received": (
        "organiser_code",
        "person_key",
        "social_service_code",
        "service_task_code",
        "started_on",
        "ended_on",
        "follow_up_period",
    ),
    "analytics_follow_up_periods": (
        "follow_up_period",
        "started_on",
        "ended_on",
        "is_over",
    ),
}


def person_key(salt: str, identity_code: str) -> str:
    """A2: HMAC-SHA-256, lower-case hex, of the newest personal identity code under the key."""
    return hmac.new(salt.encode(), identity_code.encode(), hashlib.sha256).hexdigest()


def accepted(world: World, table: str) -> list[Record]:
    """A1: accepted rows of all tasks, family law too."""
    return [record for record in world.records[table] if record.is_accepted]


def known_end(world: World, last: Day) -> datetime.date | None:
    """A1: as known on `extracted_on`: an end after it is empty."""
    return None if last is None or last > world.extracted_on else last


def organiser_and_key(world: World, salt: str, record: Record) -> tuple[str, str]:
    """What the rows of all marts but persons and quarters begin with."""
    organiser, who = holder_of_relationship(world, record)
    return organiser, person_key(salt, who)


# --- The marts -----------------------------------------------------------------------------------


def persons(world: World, salt: str) -> list[tuple]:
    """One row for each person with an accepted client record, with the facts of S-I."""
    rows = []
    for who in {person(world, client) for client in accepted(world, "clients")}:
        municipality = latest(world, who, "home_municipality_code")
        county = world.codes["municipality"][municipality]["county_code"] or None
        sex = latest(world, who, "sex_code")
        rows.append((person_key(salt, who), birth_day(who).year, sex, municipality, county))
    return rows


def merged(world: World, table: str, holder: Holder) -> list[tuple]:
    """S-II, S-III over the whole history: (holder, start, end, days) of every maximal run.

    Without a gap, whatever `period_gap_days` is: it plays no part in these marts.
    """
    runs = defaultdict(list)
    for record in accepted(world, table):
        first, last = start(record).toordinal(), upper(known_end(world, end(record)))
        # S-2020: an assumed start that ended before 2020 belongs to no period. P4: what starts
        # after the extract is not seen; only the assumed start of an early extract does.
        if first <= last and first <= world.extracted_on.toordinal():
            runs[holder(world, record)].append(Run(first, last, [record]))
    rows = []
    for who, own in runs.items():
        for run in fused(own, 0):
            started_on = datetime.date.fromordinal(run.first)
            is_open = run.last == upper(None)
            ended_on = None if is_open else datetime.date.fromordinal(run.last)
            # A3: days counts both ends, empty while open.
            days = None if ended_on is None else (ended_on - started_on).days + 1
            rows.append((who, started_on, ended_on, days))
    return rows


def service_task_periods(world: World, salt: str) -> list[tuple]:
    """S-II over the whole history, in every task."""
    rows = []
    for (organiser, who, task), *days in merged(world, "cases", holder_of_case):
        is_delivered = is_true(world.codes["service_task"][task]["is_delivered"])
        rows.append((organiser, person_key(salt, who), task, is_delivered, *days))
    return rows


def child_protection_periods(world: World, salt: str) -> list[tuple]:
    """S-III over the whole history."""
    table = "child_protection_relationships"
    return [
        (organiser, person_key(salt, who), *days)
        for (organiser, who), *days in merged(world, table, holder_of_relationship)
    ]


def decisions(world: World, salt: str) -> list[tuple]:
    """Each decision a row: the effective values of S-IV, and the recorded task."""
    return [
        (
            *organiser_and_key(world, salt, record),
            code(world, record, "social_service_code"),
            code(world, record, "service_task_code"),
            day(record, "decided_on"),
            effective_from(record),
            day(record, "valid_until"),
            code(world, record, "decision_type_code") or positive_code(world),
            decision_meaning(world, record),
        )
        for record in accepted(world, "decisions")
    ]


def services_received(world: World, salt: str) -> list[tuple]:
    """S-V: ends after the extract are emptied first, then identical rows stand once."""
    rows = []
    for record in accepted(world, "services_received"):
        # The recorded dates count: an end that is emptied here is still a date of the row.
        has_date = start(record) is not None or end(record) is not None
        row = (
            *organiser_and_key(world, salt, record),
            code(world, record, "social_service_code"),
            code(world, record, "service_task_code"),
            start(record),
            known_end(world, end(record)),
            None if has_date else record.cells["follow_up_period"],
        )
        if row not in rows:
            rows.append(row)
    return rows


def follow_up_periods(world: World) -> list[tuple]:
    """Every quarter from `analytics_from` to that of `extracted_on`."""
    first_of_all, _ = read_quarter(world.settings["analytics_from"])
    rows = []
    for year in range(first_of_all.year, world.extracted_on.year + 1):
        for quarter in (1, 2, 3, 4):
            name = f"{year}Q{quarter}"
            first, last = read_quarter(name)
            if first_of_all <= first <= world.extracted_on:
                rows.append((name, first, last, world.extracted_on > last))
    return rows


def read_analytics_slowly(
    tables: dict[str, list[dict]], seeds: dict[str, list[dict]], settings: dict, salt: str
) -> dict[str, list[tuple]]:
    """Read the analysts' marts of one extract by the letter of the specification."""
    world = make_world(tables, seeds, settings)
    judge_errors(world)
    return {
        "analytics_persons": persons(world, salt),
        "analytics_service_task_periods": service_task_periods(world, salt),
        "analytics_child_protection_periods": child_protection_periods(world, salt),
        "analytics_decisions": decisions(world, salt),
        "analytics_services_received": services_received(world, salt),
        "analytics_follow_up_periods": follow_up_periods(world),
    }
