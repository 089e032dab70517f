"""A slow, plain reading of the specification, which the project's SQL is compared with.

It was written from `sosdata.md` sections 1-7 and 11 (third edition) and `quality_rules.csv` alone,
without a look at the SQL: where the two disagree, one of them has misread a sentence. Nothing here
is meant to be fast. Rules of archive documents (KD*) are not read.
"""

import datetime
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

COLUMNS = {
    "clients": (
        "source_system",
        "client_id",
        "personal_identity_code",
        "home_municipality_code",
        "sex_code",
        "updated_at",
        "unit",
    ),
    "cases": (
        "source_system",
        "case_id",
        "client_id",
        "organiser_code",
        "service_task_code",
        "opened_on",
        "closed_on",
        "opened_before_2020",
        "unit",
    ),
    "child_protection_relationships": (
        "source_system",
        "relationship_id",
        "client_id",
        "organiser_code",
        "started_on",
        "ended_on",
        "started_before_2020",
        "unit",
    ),
    "decisions": (
        "source_system",
        "decision_id",
        "client_id",
        "organiser_code",
        "social_service_code",
        "service_task_code",
        "decided_on",
        "valid_from",
        "valid_until",
        "decision_type_code",
        "unit",
    ),
    "services_received": (
        "source_system",
        "record_id",
        "client_id",
        "organiser_code",
        "social_service_code",
        "service_task_code",
        "started_on",
        "ended_on",
        "follow_up_period",
        "unit",
    ),
    "identity_changes": (
        "source_system",
        "change_id",
        "old_personal_identity_code",
        "new_personal_identity_code",
        "changed_on",
        "unit",
    ),
}
ID_COLUMN = {table: columns[1] for table, columns in COLUMNS.items()}
IDENTITY_CODE_COLUMNS = {
    "personal_identity_code",
    "old_personal_identity_code",
    "new_personal_identity_code",
}
CLASSIFICATION_OF = {
    "home_municipality_code": "municipality",
    "sex_code": "sex",
    "organiser_code": "organiser",
    "service_task_code": "service_task",
    "social_service_code": "social_service",
    "decision_type_code": "decision_type",
}
CODE_SEEDS = {
    "municipality": "codes_municipalities",
    "sex": "codes_sexes",
    "organiser": "codes_organisers",
    "service_task": "codes_service_tasks",
    "social_service": "codes_social_services",
    "decision_type": "codes_decision_types",
}
START_COLUMN = {
    "cases": "opened_on",
    "child_protection_relationships": "started_on",
    "services_received": "started_on",
}
END_COLUMN = {
    "cases": "closed_on",
    "child_protection_relationships": "ended_on",
    "services_received": "ended_on",
}
MARK_COLUMN = {
    "cases": "opened_before_2020",
    "child_protection_relationships": "started_before_2020",
}
SECTION_RELATIONS = {
    "I": "sosdata_clients",
    "II": "sosdata_service_task_periods",
    "III": "sosdata_child_protection_periods",
    "IV": "sosdata_decisions",
    "V": "sosdata_services_received",
}

NAME_COLUMNS = ("name_fi", "name_sv", "name_en")
FIRST_DAY_OF_2020 = datetime.date(2020, 1, 1)
UNREADABLE = object()
# A datetime.date, None where nothing is there, or UNREADABLE.
Day = Any
FOREVER = float("inf")
SINCE_EVER = float("-inf")

CENTURIES = {"+": 1800, **dict.fromkeys("-YXWVU", 1900), **dict.fromkeys("ABCDEF", 2000)}
CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
IDENTITY_CODE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})(.)([0-9]{3})(.)")
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
MIDNIGHT = re.compile(r"([0-9-]{10})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
FIRST_DAY, LAST_DAY = datetime.date(1901, 1, 1), datetime.date(2199, 12, 31)
# What Unicode calls white space, and U+001C-U+001F (docs/decisions.md).
WHITE_SPACE = "".join(chr(number) for number in range(0x3001) if chr(number).isspace())
FEWEST_ROWS_JUDGED = 100
DEFAULT_REJECTED_SHARE = "0.05"
TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(Z|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?"
)
QUARTER = re.compile(r"(19[0-9]{2}|2[0-9]{3})Q([1-4])")
TRUE_MARKS = {"true", "1", "t", "yes"}
FALSE_MARKS = {"false", "0", "f", "no"}


@dataclass
class Reading:
    """What the specification says must come out of one extract."""

    sections: dict
    violations: list
    reconciliation: list
    rule_results: list
    lineage: list
    code_map_proposals: list
    rejected_shares: list
    unexpected_sources: list
    note: list
    measures: list


@dataclass(eq=False)
class Record:
    """One row of a source table together with its duplicates (R1)."""

    table: str
    cells: dict
    copies: int = 1
    has_conflicting_key: bool = False
    judged: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    is_out_of_scope: bool = False

    @property
    def source_system(self) -> str | None:
        """First part of the key (C1)."""
        return self.cells["source_system"]

    @property
    def row_id(self) -> str | None:
        """Second part of the key (C1)."""
        return self.cells[ID_COLUMN[self.table]]

    @property
    def client_id(self) -> str | None:
        """The source system's own id of the client; identity changes have none."""
        return self.cells.get("client_id")

    @property
    def is_accepted(self) -> bool:
        """Q2: a row with an error is not delivered."""
        return not self.errors

    @property
    def is_used(self) -> bool:
        """R1: accepted and in scope."""
        return self.is_accepted and not self.is_out_of_scope


@dataclass
class World:
    """Everything that the rules look at."""

    settings: dict
    codes: dict
    code_map: dict
    complete: set
    code_forms: dict
    rules: dict
    records: dict
    changes_judged: dict = field(default_factory=dict)
    changes_applied: dict = field(default_factory=dict)
    accepted_clients: dict = field(default_factory=dict)

    @property
    def extracted_on(self) -> datetime.date:
        """The day of the extract."""
        return self.settings["extracted_on"]


Rule = Callable[[World, Record], bool]
Holder = Callable[[World, Record], tuple]


# --- Reading single cells ------------------------------------------------------------------------


def trimmed(cell: str | None) -> str | None:
    """C5: no white space around it, no U+FEFF at the beginning; an empty text is missing."""
    if cell is None:
        return None
    return cell.lstrip(WHITE_SPACE + "\ufeff").rstrip(WHITE_SPACE) or None


def read_day(text: str) -> Day:
    """C5: exactly `YYYY-MM-DD` in ASCII digits and a real day of any year from 1."""
    match = DATE.fullmatch(text)
    if not match:
        return UNREADABLE
    try:
        return datetime.date(*(int(part) for part in match.groups()))
    except ValueError:
        return UNREADABLE


def read_date(text: str | None) -> Day:
    """C5: a day of 1901-2199, alone or with midnight; C5b: unreadable is not missing."""
    if text is None:
        return None
    match = MIDNIGHT.fullmatch(text)
    value = read_day(match[1]) if match else UNREADABLE
    return value if is_day(value) and FIRST_DAY <= value <= LAST_DAY else UNREADABLE


def seed_day(text: str) -> datetime.date | None:
    """A day of a seed, or None."""
    return datetime.date.fromisoformat(text) if text else None


def is_day(value: Day) -> bool:
    """Whether a date is there and could be read."""
    return isinstance(value, datetime.date)


def read_mark(text: str | None) -> bool | object:
    """CA11: the spellings of a mark in any case; empty is false; UNREADABLE otherwise."""
    if text is None:
        return False
    if text.lower() in TRUE_MARKS:
        return True
    return False if text.lower() in FALSE_MARKS else UNREADABLE


def read_time(text: str) -> int | object:
    """C5: a point of time in microseconds of UTC, which never overflows; or UNREADABLE."""
    match = TIME.fullmatch(text)
    if not match:
        return UNREADABLE
    date = read_day(match[1])
    hour, minute, second = (int(match[n] or 0) for n in (2, 3, 4))
    offset_hour, offset_minute = (int(match[n] or 0) for n in (8, 9))
    if not is_day(date) or hour > 23 or minute > 59 or second > 59:
        return UNREADABLE
    if offset_hour > 23 or offset_minute > 59:
        return UNREADABLE
    offset = (offset_hour * 60 + offset_minute) * (-1 if match[7] == "-" else 1)
    minutes = (date.toordinal() * 24 + hour) * 60 + minute - offset
    microsecond = int((match[5] or "").ljust(6, "0")[:6])
    return (minutes * 60 + second) * 1_000_000 + microsecond


def read_quarter(text: str) -> tuple | object:
    """P1, C5: first and last day of a follow-up period, or UNREADABLE."""
    match = QUARTER.fullmatch(text)
    if not match:
        return UNREADABLE
    year, quarter = int(match[1]), int(match[2])
    last_day = {1: (3, 31), 2: (6, 30), 3: (9, 30), 4: (12, 31)}[quarter]
    return datetime.date(year, 3 * quarter - 2, 1), datetime.date(year, *last_day)


def birth_day(code: str) -> datetime.date | None:
    """CL04: the day of birth in a personal identity code, or None if there is no such day."""
    match = IDENTITY_CODE.fullmatch(code)
    if not match or match[4] not in CENTURIES:
        return None
    try:
        year = CENTURIES[match[4]] + int(match[3])
        return datetime.date(year, int(match[2]), int(match[1]))
    except ValueError:
        return None


def individual_number(code: str) -> int:
    """The three digits after the century sign."""
    return int(code[7:10])


def is_well_formed(code: str) -> bool:
    """CL04, C5: DDMMYY, century sign, NNN from 002 and the right check character."""
    if birth_day(code) is None or individual_number(code) < 2:
        return False
    return code[10] == CHECK_CHARACTERS[int(code[0:6] + code[7:10]) % 31]


def anniversary(date: datetime.date, years: int) -> tuple:
    """R5: (year, month, day) some years later; 29 February counts as 1 March in other years."""
    year = date.year + years
    is_leap_year = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if (date.month, date.day) == (2, 29) and not is_leap_year:
        return (year, 3, 1)
    return (year, date.month, date.day)


def as_triple(date: datetime.date) -> tuple:
    """A day in the form that anniversaries have, since year 10000 is no `datetime.date`."""
    return (date.year, date.month, date.day)


# --- Taking the extract in -----------------------------------------------------------------------


def take_in(table: str, rows: list[dict]) -> list[Record]:
    """R1: rows alike in every column after trimming are one row and its duplicates."""
    columns = COLUMNS[table]
    copies = Counter(tuple(trimmed(row.get(column)) for column in columns) for row in rows)
    records = [
        Record(table, dict(zip(columns, cells, strict=True)), copies=number)
        for cells, number in copies.items()
    ]
    mark_conflicts(records)
    return records


def mark_conflicts(records: list[Record]) -> None:
    """R1: complete keys that stand on rows that differ are conflicts."""
    keys = Counter((record.source_system, record.row_id) for record in records)
    for record in records:
        is_complete = record.source_system is not None and record.row_id is not None
        is_repeated = keys[(record.source_system, record.row_id)] > 1
        record.has_conflicting_key = is_complete and is_repeated


def is_true(text: str) -> bool:
    """A boolean of a seed."""
    return text == "true"


def read_code_map(rows: list[dict]) -> dict:
    """C3: the map is trimmed like the extract; rows alike after that count once."""
    code_map = {}
    for row in rows:
        system, classification, local_code, national_code = (
            trimmed(row[column])
            for column in ("source_system", "classification", "local_code", "national_code")
        )
        key = (system, classification, local_code)
        if key == (None, None, None) and national_code is None:
            continue
        if None in (*key, national_code) or code_map.get(key, national_code) != national_code:
            raise ValueError(f"the code map stops the build: {row}")
        code_map[key] = national_code
    return code_map


def make_world(
    tables: dict[str, list[dict]], seeds: dict[str, list[dict]], settings: dict
) -> World:
    """Gather the extract, the seeds and the settings."""
    return World(
        settings=settings,
        codes={
            classification: {row["code"]: row for row in seeds[seed]}
            for classification, seed in CODE_SEEDS.items()
        },
        code_map=read_code_map(seeds["code_map"]),
        complete={
            row["classification"] for row in seeds["classifications"] if is_true(row["is_complete"])
        },
        code_forms={
            row["classification"]: row.get("code_form") for row in seeds["classifications"]
        },
        rules={row["rule_id"]: row for row in seeds["quality_rules"]},
        records={table: take_in(table, tables[table]) for table in COLUMNS},
    )


# --- What a record says --------------------------------------------------------------------------


def code(world: World, record: Record, column: str) -> str | None:
    """C3: the code after the map, which is applied once; C2: the default organiser."""
    given = record.cells[column]
    if given is None:
        return default_code(world, column)
    return world.code_map.get((record.source_system, CLASSIFICATION_OF[column], given), given)


def default_code(world: World, column: str) -> str | None:
    """C2: only an empty organiser takes a default."""
    return (world.settings["organiser_code"] or None) if column == "organiser_code" else None


def code_row(world: World, record: Record, column: str) -> dict | None:
    """The seed's row of a code, or None where the code is missing or not in the list."""
    return world.codes[CLASSIFICATION_OF[column]].get(code(world, record, column))


def day(record: Record, column: str) -> Day:
    """A date of a record: a day, None or UNREADABLE."""
    return read_date(record.cells[column])


def iso(value: datetime.date | None) -> str | None:
    """A readable date as it is delivered; a missing one stays missing."""
    return None if value is None else value.isoformat()


def mark(record: Record) -> bool:
    """C5b: an unreadable mark counts as no mark."""
    return read_mark(record.cells[MARK_COLUMN[record.table]]) is True


def has_assumed_start(record: Record) -> bool:
    """S-2020: known to have begun before 2020, and the date is missing."""
    if record.table not in MARK_COLUMN:
        return False
    return mark(record) and day(record, START_COLUMN[record.table]) is None


def start(record: Record) -> Day:
    """S-2020: the recorded start or the assumed one; None or UNREADABLE where there is neither."""
    if has_assumed_start(record):
        return FIRST_DAY_OF_2020
    return day(record, START_COLUMN[record.table])


def end(record: Record) -> Day:
    """The recorded end: a day, None or UNREADABLE."""
    return day(record, END_COLUMN[record.table])


def effective_from(record: Record) -> Day:
    """S-IV: a missing start of validity is the decision date; C5b: an unreadable one is not."""
    valid_from = day(record, "valid_from")
    return day(record, "decided_on") if valid_from is None else valid_from


def decision_meaning(world: World, record: Record) -> str:
    """S-IV: a missing decision type is positive."""
    if record.cells["decision_type_code"] is None:
        return "positive"
    row = code_row(world, record, "decision_type_code")
    return row and row["meaning"]


def client_of(world: World, record: Record) -> Record | None:
    """The accepted client row of the same source system (CA03), or None."""
    return world.accepted_clients.get((record.source_system, record.client_id))


def newest_code(world: World, identity_code: str) -> str:
    """R3: what remains of the identity changes is applied in chains."""
    while identity_code in world.changes_applied:
        identity_code = world.changes_applied[identity_code]
    return identity_code


def person(world: World, record: Record) -> str:
    """C4: the person of an accepted record, by the newest personal identity code."""
    client = record if record.table == "clients" else client_of(world, record)
    return newest_code(world, client.cells["personal_identity_code"])


def birth(world: World, record: Record) -> datetime.date:
    """R3: rules about birth judge the newest code."""
    return birth_day(person(world, record))


# --- Rules that several tables share -------------------------------------------------------------


def key_is_missing(world: World, record: Record) -> bool:
    """CA01 and its like."""
    return record.source_system is None or record.row_id is None


def key_conflicts(world: World, record: Record) -> bool:
    """CA02 and its like."""
    return record.has_conflicting_key


def client_is_not_accepted(world: World, record: Record) -> bool:
    """CA03 and its like; R2."""
    return client_of(world, record) is None


def is_missing(column: str) -> Rule:
    """A rule: the value is missing."""
    return lambda world, record: record.cells[column] is None


def is_unreadable_date(column: str) -> Rule:
    """C5: a rule: the date cannot be read."""
    return lambda world, record: day(record, column) is UNREADABLE


def is_unknown_code(column: str) -> Rule:
    """A rule: the code is given (or a default stands for it) but is not in the list."""

    def rule(world: World, record: Record) -> bool:
        is_given = code(world, record, column) is not None
        return is_given and code_row(world, record, column) is None

    return rule


def is_missing_or_unknown_code(column: str) -> Rule:
    """CA04, CA05: a rule: the code is missing (and has no default) or is not in the list."""
    return lambda world, record: code_row(world, record, column) is None


def service_is_missing_or_unknown(world: World, record: Record) -> bool:
    """DE06, SR06: missing, or outside a complete list, or not of the form of its codes (K3)."""
    if record.cells["social_service_code"] is None:
        return True
    if code_row(world, record, "social_service_code") is not None:
        return False
    return "social_service" in world.complete or not has_form_of_services(world, record)


def has_form_of_services(world: World, record: Record) -> bool:
    """K3: the form is for the whole code after the map; an empty one asks for nothing."""
    form = world.code_forms["social_service"]
    value = code(world, record, "social_service_code")
    return not form or re.fullmatch(form, value, re.ASCII) is not None


def cell_has_line_break(world: World, record: Record) -> bool:
    """C8, x20: a cell holds LF or CR after trimming."""
    return any("\n" in cell or "\r" in cell for cell in record.cells.values() if cell)


def service_is_not_verified(world: World, record: Record) -> bool:
    """DE53, SR53: not in the list, and the list is incomplete (K3)."""
    is_complete = "social_service" in world.complete
    return not is_complete and code_row(world, record, "social_service_code") is None


def is_after_extract(column: str) -> Rule:
    """A rule: the recorded date lies after the extract date."""

    def rule(world: World, record: Record) -> bool:
        return day(record, column) > world.extracted_on

    return rule


def start_is_missing(world: World, record: Record) -> bool:
    """CA07, CP07: the date is missing and the mark does not stand."""
    return start(record) is None


def ends_before_start(world: World, record: Record) -> bool:
    """CA09, CP09, SR10: both are recorded and readable (WHEN_JUDGED)."""
    return end(record) < start(record)


def mark_is_unreadable(world: World, record: Record) -> bool:
    """CA11, CP11."""
    return read_mark(record.cells[MARK_COLUMN[record.table]]) is UNREADABLE


def born_after_start(world: World, record: Record) -> bool:
    """CA51, CP51, SR51; S-2020: an assumed start is the start."""
    return birth(world, record) > start(record)


def overlap(one: tuple, other: tuple) -> bool:
    """P3 for any two intervals of days, in which a missing end is infinite."""
    return lower(one[0]) <= upper(other[1]) and upper(one[1]) >= lower(other[0])


def lower(value: datetime.date | None) -> float:
    """A start as a number of days; a missing one lies before everything."""
    return SINCE_EVER if value is None else value.toordinal()


def upper(value: datetime.date | None) -> float:
    """An end as a number of days; a missing one lies after everything."""
    return FOREVER if value is None else value.toordinal()


def has_a_day(first: Day, last: Day) -> bool:
    """R4: the start is known, the end can be read, and it does not lie before the start."""
    if not is_day(first) or last is UNREADABLE:
        return False
    return last is None or first <= last


def was_never_in_force(
    world: World, row: dict, first: datetime.date, last: datetime.date | None
) -> bool:
    """R4, CA12, DE14, SR14: both validity days are included; without an end, the extract date."""
    validity = (seed_day(row["valid_from"]), seed_day(row["valid_to"]))
    return not overlap(validity, (first, last or max(first, world.extracted_on)))


# --- Clients and identity changes ----------------------------------------------------------------


def identity_code_is_malformed(world: World, record: Record) -> bool:
    """CL04."""
    return not is_well_formed(record.cells["personal_identity_code"])


def leads_into_loop(world: World, record: Record) -> bool:
    """CL09: following the changes never comes to an end."""
    value = record.cells["personal_identity_code"]
    seen = set()
    while value in world.changes_judged:
        if value in seen:
            return True
        seen.add(value)
        value = world.changes_judged[value]
    return False


def update_time_is_unreadable(world: World, record: Record) -> bool:
    """CL55."""
    return read_time(record.cells["updated_at"]) is UNREADABLE


def identity_code_is_temporary(world: World, record: Record) -> bool:
    """CL51; R3: the recorded code is judged."""
    return 900 <= individual_number(record.cells["personal_identity_code"]) <= 999


def sex_differs(world: World, record: Record) -> bool:
    """CL52; R3: the recorded code is judged."""
    is_odd = individual_number(record.cells["personal_identity_code"]) % 2 == 1
    sex = code(world, record, "sex_code")
    return sex in ("1", "2") and sex != ("1" if is_odd else "2")


def municipality_is_abolished(world: World, record: Record) -> bool:
    """CL53; R4: abolished is `valid_to` before the extract date."""
    last = seed_day(code_row(world, record, "home_municipality_code")["valid_to"])
    return last is not None and last < world.extracted_on


def records_disagree(world: World, record: Record) -> bool:
    """CL54: accepted records of one person differ in municipality or sex."""
    others = client_records(world, person(world, record))
    municipalities = {code(world, other, "home_municipality_code") for other in others}
    sexes = {code(world, other, "sex_code") for other in others}
    return len(municipalities) > 1 or len(sexes) > 1


def client_records(world: World, identity_code: str) -> list[Record]:
    """C4: all accepted client records of one person."""
    return [
        client
        for client in world.accepted_clients.values()
        if person(world, client) == identity_code
    ]


def change_is_malformed(world: World, record: Record) -> bool:
    """IC01."""
    codes = [
        record.cells["old_personal_identity_code"],
        record.cells["new_personal_identity_code"],
    ]
    if key_is_missing(world, record):
        return True
    return any(value is None or not is_well_formed(value) for value in codes)


def is_change_to_itself(world: World, record: Record) -> bool:
    """IC51; R3: it says nothing."""
    old, new = old_and_new(record)
    return old == new


def judge_identity_changes(world: World) -> None:
    """R3: after IC01, IC04 and IC20 come changes to itself, IC02 and IC03; the rest is applied."""
    accepted = [record for record in world.records["identity_changes"] if record.is_accepted]
    telling = [record for record in accepted if not is_change_to_itself(world, record)]
    several = old_codes_with_several_new(telling)
    single = [record for record in telling if old_and_new(record)[0] not in several]
    world.changes_judged = dict(old_and_new(record) for record in single)
    for record in telling:
        note_judged(record, "IC02", record not in single)
    for record in single:
        is_broken = is_on_loop(old_and_new(record)[0], world.changes_judged)
        note_judged(record, "IC03", is_broken)
    world.changes_applied = dict(old_and_new(record) for record in single if record.is_accepted)


def note_judged(record: Record, rule_id: str, is_broken: bool) -> None:
    """Keep that an error was judged on a record, and whether the record has it."""
    record.judged.append(rule_id)
    if is_broken:
        record.errors.append(rule_id)


def old_and_new(record: Record) -> tuple[str, str]:
    """The two codes of an identity change."""
    cells = record.cells
    return cells["old_personal_identity_code"], cells["new_personal_identity_code"]


def old_codes_with_several_new(records: list[Record]) -> set[str]:
    """IC02."""
    new_codes = defaultdict(set)
    for record in records:
        old, new = old_and_new(record)
        new_codes[old].add(new)
    return {old for old, news in new_codes.items() if len(news) > 1}


def is_on_loop(old: str, changes: dict[str, str]) -> bool:
    """IC03: the code comes back to itself."""
    value = old
    for _ in changes:
        value = changes.get(value)
        if value == old:
            return True
    return False


# --- Rules of cases and child protection relationships -------------------------------------------


def task_was_never_in_force(world: World, record: Record) -> bool:
    """CA12; S-2020: an assumed start is the start."""
    row = code_row(world, record, "service_task_code")
    return was_never_in_force(world, row, start(record), end(record))


def task_and_days_are_known(world: World, record: Record) -> bool:
    """CA12; R4: not judged where there is no such code or no day."""
    has_task = code_row(world, record, "service_task_code") is not None
    return has_task and has_a_day(start(record), end(record))


def open_for_over_20_years(world: World, record: Record) -> bool:
    """CA52; R5: by calendar date, to the closing or the extract date, whichever is earlier."""
    last = min(end(record) or world.extracted_on, world.extracted_on)
    return as_triple(last) > anniversary(start(record), 20)


def marked_but_dated_later(world: World, record: Record) -> bool:
    """CA53."""
    return mark(record) and day(record, "opened_on") > FIRST_DAY_OF_2020


def was_25_at_start(world: World, record: Record) -> bool:
    """CP52; R5: by calendar date."""
    return as_triple(start(record)) >= anniversary(birth(world, record), 25)


def no_case_overlaps(world: World, record: Record) -> bool:
    """CP53."""
    own = (start(record), end(record))
    return not any(
        overlap((start(case), end(case)), own)
        for case in world.records["cases"]
        if is_child_protection_of_same(world, case, record)
    )


def is_child_protection_of_same(world: World, case: Record, record: Record) -> bool:
    """CP53: an accepted child protection case of the same organiser and person."""
    if not case.is_accepted:
        return False
    if not is_true(code_row(world, case, "service_task_code")["is_child_protection"]):
        return False
    has_same_organiser = code(world, case, "organiser_code") == code(
        world, record, "organiser_code"
    )
    return has_same_organiser and person(world, case) == person(world, record)


# --- Rules of decisions --------------------------------------------------------------------------


def decision_ends_before_start(world: World, record: Record) -> bool:
    """DE11: by the effective start of S-IV."""
    return day(record, "valid_until") < effective_from(record)


def effective_start_and_end_are_known(world: World, record: Record) -> bool:
    """DE11."""
    return is_day(effective_from(record)) and is_day(day(record, "valid_until"))


def decided_service_was_never_in_force(world: World, record: Record) -> bool:
    """DE14."""
    row = code_row(world, record, "social_service_code")
    return was_never_in_force(world, row, effective_from(record), day(record, "valid_until"))


def decided_service_and_days_are_known(world: World, record: Record) -> bool:
    """DE14: where the effective start is known; R4."""
    has_service = code_row(world, record, "social_service_code") is not None
    return has_service and has_a_day(effective_from(record), day(record, "valid_until"))


def valid_long_before_decision(world: World, record: Record) -> bool:
    """DE51; R5: 365 days are days."""
    valid_from, decided_on = day(record, "valid_from"), day(record, "decided_on")
    return decided_on.toordinal() - valid_from.toordinal() > 365


def born_after_decision(world: World, record: Record) -> bool:
    """DE52."""
    return birth(world, record) > day(record, "decided_on")


def negative_without_date(world: World, record: Record) -> bool:
    """DE54."""
    is_negative = decision_meaning(world, record) == "negative"
    return is_negative and day(record, "decided_on") is None


def valid_for_over_50_years(world: World, record: Record) -> bool:
    """DE55; R5: by calendar date."""
    return as_triple(day(record, "valid_until")) > anniversary(world.extracted_on, 50)


# --- Rules of received services ------------------------------------------------------------------


def no_date_and_no_label(world: World, record: Record) -> bool:
    """SR12; C5b: an unreadable date is not a missing one."""
    cells = record.cells
    return not (cells["started_on"] or cells["ended_on"] or cells["follow_up_period"])


def label_is_no_quarter(world: World, record: Record) -> bool:
    """SR13."""
    return read_quarter(record.cells["follow_up_period"]) is UNREADABLE


def received_service_was_never_in_force(world: World, record: Record) -> bool:
    """SR14."""
    row = code_row(world, record, "social_service_code")
    return was_never_in_force(world, row, start(record), end(record))


def received_service_and_days_are_known(world: World, record: Record) -> bool:
    """SR14: where the start is known; R4."""
    has_service = code_row(world, record, "social_service_code") is not None
    return has_service and has_a_day(start(record), end(record))


def ended_before_2020_without_start(world: World, record: Record) -> bool:
    """SR55."""
    last = end(record)
    return start(record) is None and last is not None and last < FIRST_DAY_OF_2020


# --- When a rule is judged (section 7, rows_checked) ---------------------------------------------


def always(world: World, record: Record) -> bool:
    """A rule that asks whether something is missing, or that reads what every row has."""
    return True


def has_complete_key(world: World, record: Record) -> bool:
    """R1: only complete keys can be in conflict."""
    return not key_is_missing(world, record)


def is_given(column: str) -> Rule:
    """When the cell is not empty, whether or not it can be read."""
    return lambda world, record: record.cells[column] is not None


def is_known(*columns: str) -> Rule:
    """When all these dates are there and can be read."""
    return lambda world, record: all(is_day(day(record, column)) for column in columns)


# --- The catalogue, in its own order -------------------------------------------------------------

# In the order in which they are judged: changes lead to persons, clients to all that they have.
ERROR_RULES = {
    "identity_changes": {
        "IC01": change_is_malformed,
        "IC04": key_conflicts,
        "IC20": cell_has_line_break,
    },
    "clients": {
        "CL01": key_is_missing,
        "CL02": key_conflicts,
        "CL03": is_missing("personal_identity_code"),
        "CL04": identity_code_is_malformed,
        "CL05": is_missing("home_municipality_code"),
        "CL06": is_unknown_code("home_municipality_code"),
        "CL07": is_missing("sex_code"),
        "CL08": is_unknown_code("sex_code"),
        "CL09": leads_into_loop,
        "CL20": cell_has_line_break,
    },
    "cases": {
        "CA01": key_is_missing,
        "CA02": key_conflicts,
        "CA03": client_is_not_accepted,
        "CA04": is_missing_or_unknown_code("organiser_code"),
        "CA05": is_missing_or_unknown_code("service_task_code"),
        "CA06": is_unreadable_date("opened_on"),
        "CA07": start_is_missing,
        "CA08": is_unreadable_date("closed_on"),
        "CA09": ends_before_start,
        "CA10": is_after_extract("opened_on"),
        "CA11": mark_is_unreadable,
        "CA12": task_was_never_in_force,
        "CA20": cell_has_line_break,
    },
    "child_protection_relationships": {
        "CP01": key_is_missing,
        "CP02": key_conflicts,
        "CP03": client_is_not_accepted,
        "CP04": is_missing_or_unknown_code("organiser_code"),
        "CP06": is_unreadable_date("started_on"),
        "CP07": start_is_missing,
        "CP08": is_unreadable_date("ended_on"),
        "CP09": ends_before_start,
        "CP10": is_after_extract("started_on"),
        "CP11": mark_is_unreadable,
        "CP20": cell_has_line_break,
    },
    "decisions": {
        "DE01": key_is_missing,
        "DE02": key_conflicts,
        "DE03": client_is_not_accepted,
        "DE04": is_missing_or_unknown_code("organiser_code"),
        "DE05": is_unknown_code("service_task_code"),
        "DE06": service_is_missing_or_unknown,
        "DE08": is_unreadable_date("decided_on"),
        "DE09": is_unreadable_date("valid_from"),
        "DE10": is_unreadable_date("valid_until"),
        "DE11": decision_ends_before_start,
        "DE12": is_unknown_code("decision_type_code"),
        "DE13": is_after_extract("decided_on"),
        "DE14": decided_service_was_never_in_force,
        "DE20": cell_has_line_break,
    },
    "services_received": {
        "SR01": key_is_missing,
        "SR02": key_conflicts,
        "SR03": client_is_not_accepted,
        "SR04": is_missing_or_unknown_code("organiser_code"),
        "SR05": is_unknown_code("service_task_code"),
        "SR06": service_is_missing_or_unknown,
        "SR08": is_unreadable_date("started_on"),
        "SR09": is_unreadable_date("ended_on"),
        "SR10": ends_before_start,
        "SR11": is_after_extract("started_on"),
        "SR12": no_date_and_no_label,
        "SR13": label_is_no_quarter,
        "SR14": received_service_was_never_in_force,
        "SR20": cell_has_line_break,
    },
}
WARNING_RULES = {
    "clients": {
        "CL51": identity_code_is_temporary,
        "CL52": sex_differs,
        "CL53": municipality_is_abolished,
        "CL54": records_disagree,
        "CL55": update_time_is_unreadable,
    },
    "cases": {
        "CA51": born_after_start,
        "CA52": open_for_over_20_years,
        "CA53": marked_but_dated_later,
        "CA54": is_after_extract("closed_on"),
    },
    "child_protection_relationships": {
        "CP51": born_after_start,
        "CP52": was_25_at_start,
        "CP53": no_case_overlaps,
        "CP54": is_after_extract("ended_on"),
    },
    "decisions": {
        "DE51": valid_long_before_decision,
        "DE52": born_after_decision,
        "DE53": service_is_not_verified,
        "DE54": negative_without_date,
        "DE55": valid_for_over_50_years,
    },
    "services_received": {
        "SR51": born_after_start,
        "SR53": service_is_not_verified,
        "SR54": is_after_extract("ended_on"),
        "SR55": ended_before_2020_without_start,
    },
    "identity_changes": {"IC51": is_change_to_itself},
}
# All others are judged on every row that is judged at all.
WHEN_JUDGED = {
    "CL02": has_complete_key,
    "CL04": is_given("personal_identity_code"),
    "CL06": is_given("home_municipality_code"),
    "CL08": is_given("sex_code"),
    "CL09": is_given("personal_identity_code"),
    "CL55": is_given("updated_at"),
    "CA02": has_complete_key,
    "CA06": is_given("opened_on"),
    "CA08": is_given("closed_on"),
    "CA09": is_known("opened_on", "closed_on"),
    "CA10": is_known("opened_on"),
    "CA11": is_given("opened_before_2020"),
    "CA12": task_and_days_are_known,
    "CA53": is_known("opened_on"),
    "CA54": is_known("closed_on"),
    "CP02": has_complete_key,
    "CP06": is_given("started_on"),
    "CP08": is_given("ended_on"),
    "CP09": is_known("started_on", "ended_on"),
    "CP10": is_known("started_on"),
    "CP11": is_given("started_before_2020"),
    "CP54": is_known("ended_on"),
    "DE02": has_complete_key,
    "DE05": is_given("service_task_code"),
    "DE08": is_given("decided_on"),
    "DE09": is_given("valid_from"),
    "DE10": is_given("valid_until"),
    "DE11": effective_start_and_end_are_known,
    "DE12": is_given("decision_type_code"),
    "DE13": is_known("decided_on"),
    "DE14": decided_service_and_days_are_known,
    "DE51": is_known("valid_from", "decided_on"),
    "DE52": is_known("decided_on"),
    "DE55": is_known("valid_until"),
    "SR02": has_complete_key,
    "SR05": is_given("service_task_code"),
    "SR08": is_given("started_on"),
    "SR09": is_given("ended_on"),
    "SR10": is_known("started_on", "ended_on"),
    "SR11": is_known("started_on"),
    "SR13": is_given("follow_up_period"),
    "SR14": received_service_and_days_are_known,
    "SR51": is_known("started_on"),
    "SR54": is_known("ended_on"),
    "IC04": has_complete_key,
}
# Judged elsewhere: by the order of R3, by source system, and by follow-up period.
OTHER_RULES = {"IC02", "IC03", "CA55", "DE07"}
RULES_READ = OTHER_RULES.union(*ERROR_RULES.values(), *WARNING_RULES.values())


def broken_rules(world: World, record: Record, rules: dict[str, Rule]) -> list[str]:
    """The rules that a record breaks, of those that are judged on it."""
    broken = []
    for rule_id, rule in rules.items():
        if WHEN_JUDGED.get(rule_id, always)(world, record):
            record.judged.append(rule_id)
            if rule(world, record):
                broken.append(rule_id)
    return broken


def judge_errors(world: World) -> None:
    """R1: errors come first; R2: those of clients before those of all that belongs to them."""
    for table, rules in ERROR_RULES.items():
        for record in world.records[table]:
            record.errors = broken_rules(world, record, rules)
        if table == "identity_changes":
            judge_identity_changes(world)
        if table == "clients":
            world.accepted_clients = {
                (record.source_system, record.row_id): record
                for record in world.records["clients"]
                if record.is_accepted
            }


def judge_warnings(world: World) -> None:
    """R1: only on rows that are accepted and in scope."""
    for table, rules in WARNING_RULES.items():
        for record in world.records[table]:
            if record.is_used:
                record.warnings = broken_rules(world, record, rules)


def judge_scope(world: World) -> None:
    """R1, K1: after the errors, accepted rows of a task that is not delivered are out of scope."""
    for table in ("cases", "decisions", "services_received"):
        for record in world.records[table]:
            row = code_row(world, record, "service_task_code")
            if record.is_accepted and row is not None:
                record.is_out_of_scope = not is_true(row["is_delivered"])


def violations_of_rows(world: World) -> list[tuple]:
    """Q2: every rule that a row breaks."""
    return [
        violation(world, rule_id, record)
        for records in world.records.values()
        for record in records
        for rule_id in record.errors + record.warnings
    ]


def violation(world: World, rule_id: str, record: Record, period: str | None = None) -> tuple:
    """Section 7: one row of `quality_violations`; Q5: no personal identity codes."""
    rule = world.rules[rule_id]
    return (
        rule_id,
        rule["severity"],
        rule["source_table"],
        record.source_system,
        record.row_id,
        record.client_id,
        period,
        rule["columns"],
        observed(record, rule["columns"].split(";")),
        record.cells["unit"],
    )


def observed(record: Record, columns: list[str]) -> str | None:
    """Section 7: what stood there, always empty for personal identity codes."""
    shown = [record.cells[column] for column in columns if column not in IDENTITY_CODE_COLUMNS]
    if all(value is None for value in shown):
        return None
    return ";".join(value or "" for value in shown)


def starts_of_systems(world: World) -> dict:
    """CA55: for each source system the starts of its accepted cases in scope."""
    starts = defaultdict(list)
    for case in world.records["cases"]:
        if case.is_used:
            starts[case.source_system].append(start(case))
    return starts


def violations_of_systems(world: World) -> list[tuple]:
    """CA55: one row per source system, row id empty."""
    rule = world.rules["CA55"]
    middle = (None, None, None, rule["columns"], None, None)
    return [
        ("CA55", rule["severity"], "cases", system, *middle)
        for system, days in starts_of_systems(world).items()
        if days.count(FIRST_DAY_OF_2020) * 100 > len(days) * 20
    ]


# --- Periods -------------------------------------------------------------------------------------


@dataclass(eq=False)
class Run:
    """A stretch of days as numbers, and the records that it is made of."""

    first: float
    last: float
    records: list


@dataclass
class FollowUpPeriod:
    """P1: a quarter with its id and its first and last day."""

    id: str
    first: datetime.date
    last: datetime.date

    def has(self, value: datetime.date | None) -> bool:
        """Whether a day lies in the period."""
        return is_day(value) and self.first <= value <= self.last


def follow_up_periods(settings: dict) -> list[FollowUpPeriod]:
    """P2: the chosen set of periods; an id that is no quarter stops everything."""
    periods = []
    for period_id in sorted(set(settings["follow_up_periods"])):
        days = read_quarter(period_id)
        if days is UNREADABLE:
            raise ValueError(f"not a follow-up period: {period_id!r}")
        periods.append(FollowUpPeriod(period_id, *days))
    return periods


def is_in_period(first: float, last: float, period: FollowUpPeriod) -> bool:
    """P3, for numbers of days."""
    return first <= period.last.toordinal() and last >= period.first.toordinal()


def fused(runs: list[Run], gap: int) -> list[Run]:
    """S-II: fuse any two runs that touch, until no two do."""
    runs = list(runs)
    while (pair := touching_pair(runs, gap)) is not None:
        one, other = pair
        runs.remove(one)
        runs.remove(other)
        first, last = min(one.first, other.first), max(one.last, other.last)
        runs.append(Run(first, last, one.records + other.records))
    return runs


def touching_pair(runs: list[Run], gap: int) -> tuple | None:
    """S-II: two runs with at most `gap` days from the end of one to the start of the other."""
    for position, one in enumerate(runs):
        for other in runs[position + 1 :]:
            if one.first - other.last <= gap and other.first - one.last <= gap:
                return one, other
    return None


def runs_by_holder(
    world: World,
    records: list[Record],
    period: FollowUpPeriod,
    holder: Holder,
) -> dict[tuple, list[Run]]:
    """P4: what starts after the period's last day is left out before anything is merged."""
    runs = defaultdict(list)
    for record in records:
        first, last = start(record).toordinal(), upper(end(record))
        # S-2020: an assumed start that ended before 2020 belongs to no period.
        if first <= last and first <= period.last.toordinal():
            runs[holder(world, record)].append(Run(first, last, [record]))
    return runs


def periods_of(
    world: World,
    records: list[Record],
    period: FollowUpPeriod,
    holder: Holder,
) -> list[tuple]:
    """S-II, S-III: (holder, run) of every maximal run that is in the follow-up period."""
    gap = world.settings["period_gap_days"]
    return [
        (who, run)
        for who, runs in runs_by_holder(world, records, period, holder).items()
        for run in fused(runs, gap)
        if is_in_period(run.first, run.last, period)
    ]


def holder_of_case(world: World, case: Record) -> tuple:
    """S-II: for each organiser, person and service task."""
    return (*holder_of_relationship(world, case), code(world, case, "service_task_code"))


def holder_of_relationship(world: World, record: Record) -> tuple:
    """S-III: per organiser and person."""
    return code(world, record, "organiser_code"), person(world, record)


def start_text(run: Run) -> str:
    """The first day of a run as ISO text."""
    return datetime.date.fromordinal(run.first).isoformat()


def end_text(last: float, period: FollowUpPeriod) -> str | None:
    """P4: an end after the period's last day is delivered empty."""
    if last > period.last.toordinal():
        return None
    return datetime.date.fromordinal(last).isoformat()


def tasks_in_period(world: World, period: FollowUpPeriod) -> dict:
    """S-T: for each organiser and person the tasks with client periods, family law included."""
    tasks = defaultdict(set)
    accepted = [case for case in world.records["cases"] if case.is_accepted]
    for (organiser, who, task), _ in periods_of(world, accepted, period, holder_of_case):
        tasks[(organiser, who)].add(task)
    return tasks


# --- Sections ------------------------------------------------------------------------------------


@dataclass
class Delivery:
    """What is delivered for one follow-up period."""

    world: World
    period: FollowUpPeriod
    tasks: dict
    rows: dict = field(default_factory=lambda: {section: [] for section in SECTION_RELATIONS})
    lineage: list = field(default_factory=list)
    violations: list = field(default_factory=list)
    decisions_judged: Counter = field(default_factory=Counter)

    def used(self, table: str) -> list[Record]:
        """R1: the rows that are accepted and in scope."""
        return [record for record in self.world.records[table] if record.is_used]

    def trace(self, section: str, record: Record, values: tuple) -> None:
        """Q7: a delivered row can be followed back to its source row."""
        source = (record.source_system, record.table, record.row_id)
        self.lineage.append((section, self.period.id, *values, *source))


def deliver(world: World, period: FollowUpPeriod) -> Delivery:
    """Section 4 for one follow-up period."""
    delivery = Delivery(world, period, tasks_in_period(world, period))
    deliver_service_task_periods(delivery)
    deliver_child_protection_periods(delivery)
    if "IV" in world.settings["sections"]:
        deliver_decisions(delivery)
    if "V" in world.settings["sections"]:
        deliver_services_received(delivery)
    deliver_clients(delivery)
    return delivery


def deliver_service_task_periods(delivery: Delivery) -> None:
    """S-II."""
    period = delivery.period
    cases = delivery.used("cases")
    for (*who, task), run in periods_of(delivery.world, cases, period, holder_of_case):
        row = (period.id, *who, task, start_text(run), end_text(run.last, period))
        delivery.rows["II"].append(row)
        for record in run.records:
            delivery.trace("II", record, (*who, task, None, start_text(run)))


def deliver_child_protection_periods(delivery: Delivery) -> None:
    """S-III."""
    period = delivery.period
    records = delivery.used("child_protection_relationships")
    for who, run in periods_of(delivery.world, records, period, holder_of_relationship):
        row = (period.id, *who, start_text(run), end_text(run.last, period))
        delivery.rows["III"].append(row)
        for record in run.records:
            delivery.trace("III", record, (*who, None, None, start_text(run)))


def deliver_decisions(delivery: Delivery) -> None:
    """S-IV, after S-SCOPE and S-T."""
    for record in delivery.used("decisions"):
        if not is_decision_delivered(delivery, record):
            continue
        tasks = possible_tasks(delivery, record)
        # S-T: where the inferred task is family law, the row is out of scope for that period.
        if len(tasks) != 1 or is_task_delivered(delivery.world, tasks[0]):
            delivery.decisions_judged[record.source_system] += 1
        if len(tasks) != 1:
            found = violation(delivery.world, "DE07", record, delivery.period.id)
            delivery.violations.append(found)
        elif is_task_delivered(delivery.world, tasks[0]):
            deliver_decision(delivery, record, tasks[0])


def deliver_decision(delivery: Delivery, record: Record, task: str) -> None:
    """S-IV: the recorded values, with an empty decision type as positive."""
    world = delivery.world
    who = holder_of_relationship(world, record)
    service = code(world, record, "social_service_code")
    decision_type = code(world, record, "decision_type_code") or positive_code(world)
    dates = [iso(day(record, name)) for name in ("decided_on", "valid_from", "valid_until")]
    row = (delivery.period.id, *who, service, task, *dates, decision_type)
    delivery.rows["IV"].append(row)
    delivery.trace("IV", record, (*who, task, service, iso(effective_from(record))))


def positive_code(world: World) -> str:
    """S-IV: the code that the register reads as positive."""
    rows = world.codes["decision_type"].values()
    return next(row["code"] for row in rows if row["meaning"] == "positive")


def is_decision_delivered(delivery: Delivery, record: Record) -> bool:
    """S-SCOPE and S-IV: whether the period has the decision, its task aside."""
    scope = delivery.world.settings["decision_scope"]
    meaning = decision_meaning(delivery.world, record)
    if not is_service_included(delivery.world, record):
        return False
    if "positive" in scope and meaning == "negative":
        return False
    if "decided_in_period" in scope or meaning == "negative":
        return delivery.period.has(day(record, "decided_on"))
    return is_decision_in_force(delivery.period, record)


def is_decision_in_force(period: FollowUpPeriod, record: Record) -> bool:
    """S-IV: a decision dated after the last day of the period is not seen."""
    decided_on = day(record, "decided_on")
    if decided_on is not None and decided_on > period.last:
        return False
    validity = (effective_from(record), day(record, "valid_until"))
    return overlap(validity, (period.first, period.last))


def is_service_included(world: World, record: Record) -> bool:
    """S-SCOPE: an empty list of social services means all."""
    included = world.settings["social_services_included"]
    return not included or code(world, record, "social_service_code") in included


def possible_tasks(delivery: Delivery, record: Record) -> list[str]:
    """S-T: the recorded task, or else those in which the person has client periods."""
    task = code(delivery.world, record, "service_task_code")
    if task is not None:
        return [task]
    return sorted(delivery.tasks[holder_of_relationship(delivery.world, record)])


def is_task_delivered(world: World, task: str) -> bool:
    """K1: which task is delivered is data."""
    return is_true(world.codes["service_task"][task]["is_delivered"])


def deliver_services_received(delivery: Delivery) -> None:
    """S-V, after S-SCOPE and S-T."""
    for record in delivery.used("services_received"):
        if not is_service_included(delivery.world, record):
            continue
        if not is_service_in_period(delivery.period, record):
            continue
        tasks = possible_tasks(delivery, record)
        if len(tasks) != 1:
            deliver_service(delivery, record, None)
        elif is_task_delivered(delivery.world, tasks[0]):
            deliver_service(delivery, record, tasks[0])


def is_service_in_period(period: FollowUpPeriod, record: Record) -> bool:
    """S-V: by its dates; the label counts only where there is no date."""
    first, last = start(record), end(record)
    if first is None and last is None:
        return record.cells["follow_up_period"] == period.id
    return is_in_period(lower(first), upper(last), period)


def deliver_service(delivery: Delivery, record: Record, task: str | None) -> None:
    """S-V: ends after the period are emptied first, then identical rows are delivered once."""
    world, period = delivery.world, delivery.period
    who = holder_of_relationship(world, record)
    service = code(world, record, "social_service_code")
    started_on = iso(start(record))
    row = (period.id, *who, service, task, started_on, end_text(upper(end(record)), period))
    if row not in delivery.rows["V"]:
        delivery.rows["V"].append(row)
    delivery.trace("V", record, (*who, task, service, started_on))


def deliver_clients(delivery: Delivery) -> None:
    """S-I: each organiser and person with at least one row in II-V for the period."""
    delivered = {row[1:3] for rows in delivery.rows.values() for row in rows}
    for organiser, who in delivered:
        municipality = latest(delivery.world, who, "home_municipality_code")
        sex = latest(delivery.world, who, "sex_code")
        delivery.rows["I"].append((delivery.period.id, organiser, who, municipality, sex))


def latest(world: World, who: str, column: str) -> str:
    """S-I: the record with the latest update; ties: the lowest source system, then client id."""
    having = [client for client in client_records(world, who) if code(world, client, column)]
    having.sort(key=lambda client: (client.source_system, client.row_id))
    newest = max(update_time(client) for client in having)
    first = next(client for client in having if update_time(client) == newest)
    return code(world, first, column)


def update_time(client: Record) -> float:
    """C5: missing and unreadable are equal, and older than any day."""
    value = client.cells["updated_at"]
    moment = UNREADABLE if value is None else read_time(value)
    return SINCE_EVER if moment is UNREADABLE else moment


# --- Counts --------------------------------------------------------------------------------------


def reconcile(world: World) -> list[tuple]:
    """Q3, R6: each row is used, rejected, out of scope or a duplicate."""
    result = []
    for table, records in world.records.items():
        for system in {record.source_system for record in records}:
            own = [record for record in records if record.source_system == system]
            rows_in = sum(record.copies for record in own)
            used = sum(record.is_used for record in own)
            rejected = sum(not record.is_accepted for record in own)
            out_of_scope = sum(record.is_out_of_scope for record in own)
            counts = (rows_in, used, rejected, out_of_scope, rows_in - len(own))
            result.append((table, system, *counts))
    return result


def excepted_pairs(world: World, seeds: dict[str, list[dict]]) -> set:
    """Q8: (rule, system) of the exceptions that hold; errors cannot be excepted."""
    pairs = set()
    for row in seeds["quality_exceptions"]:
        until = seed_day(row["until"])
        is_warning = world.rules[row["rule_id"]]["severity"] == "warning"
        if is_warning and (until is None or world.extracted_on <= until):
            pairs.add((row["rule_id"], row["source_system"]))
    return pairs


def systems_of_extract(world: World) -> set:
    """Every source system of any table; None stands for a missing one."""
    return {record.source_system for records in world.records.values() for record in records}


def count_checked(world: World, deliveries: list[Delivery]) -> Counter:
    """Section 7, `rows_checked`: for each rule and system the rows on which it is judged."""
    checked = Counter(
        (rule_id, record.source_system)
        for records in world.records.values()
        for record in records
        for rule_id in record.judged
    )
    checked.update(("CA55", system) for system in starts_of_systems(world))
    for delivery in deliveries:
        for system, number in delivery.decisions_judged.items():
            checked["DE07", system] += number
    return checked


def rule_results(
    world: World, violations: list[tuple], excepted: set[tuple], checked: Counter
) -> list[tuple]:
    """Section 7: a line for every rule and every system, the missing one included; Q8."""
    broken = Counter((row[0], row[3]) for row in violations)
    results = []
    for rule_id in RULES_READ:
        for system in systems_of_extract(world) | {None}:
            pair = (rule_id, system)
            counts = (0, broken[pair]) if pair in excepted else (broken[pair], 0)
            status = "broken" if counts[0] else "pass" if checked[pair] else "not_applicable"
            results.append((*pair, checked[pair], *counts, status))
    return results


def rejected_shares(world: World) -> list[tuple]:
    """Q4: of each table (system empty), and within it of each system."""
    shares = []
    limit = Fraction(str(world.settings.get("max_rejected_share", DEFAULT_REJECTED_SHARE)))
    for table, records in world.records.items():
        filled = [record for record in records if any(record.cells.values())]
        for system in {None, *(record.source_system for record in filled)}:
            own = [record for record in filled if system in (None, record.source_system)]
            if not own:
                continue
            rejected = sum(not record.is_accepted for record in own)
            share = Fraction(rejected, len(own))
            is_judged = system is None or len(own) >= FEWEST_ROWS_JUDGED
            counts = (len(own), rejected, float(share))
            shares.append((table, system, *counts, is_judged and share > limit))
    return shares


def unexpected_sources(world: World, expected: list[dict]) -> list[tuple]:
    """Q4: expected pairs without a row, and systems that no expected pair has."""
    pairs = {(row["source_system"], row["source_table"]) for row in expected}
    if not pairs:
        return []
    found = {
        (record.source_system, table)
        for table, records in world.records.items()
        for record in records
    }
    systems = systems_of_extract(world) - {None} - {system for system, _ in pairs}
    missing = [(system, table, "missing") for system, table in pairs - found]
    return missing + [(system, None, "unexpected") for system in systems]


# --- Codes that the map lacks --------------------------------------------------------------------


def code_map_proposals(world: World) -> list[tuple]:
    """R7."""
    proposals = []
    for (system, classification, value), rows in codes_given(world).items():
        status = mapping_status(world, system, classification, value)
        if status is not None:
            proposed = proposed_class(world.codes[classification].values(), value)
            proposal = (proposed["code"], name_of(proposed)) if proposed else (None, None)
            proposals.append((system, classification, value, rows, status, *proposal))
    return proposals


def codes_given(world: World) -> Counter:
    """R7: every code of the extract that has a system, and in how many rows of R1 it stands."""
    return Counter(
        (record.source_system, CLASSIFICATION_OF[column], value)
        for records in world.records.values()
        for record in records
        for column, value in record.cells.items()
        if column in CLASSIFICATION_OF and value is not None and record.source_system is not None
    )


def mapping_status(world: World, system: str, classification: str, value: str) -> str | None:
    """R7: whether a code needs a row in the map."""
    if (system, classification, value) in world.code_map:
        return None
    if value not in world.codes[classification]:
        return "unmapped"
    maps_others = any(key[:2] == (system, classification) for key in world.code_map)
    return "taken_as_national" if maps_others else None


def proposed_class(rows: Iterable[dict], value: str) -> dict | None:
    """R7: the one class with that code (leading zeros aside), else the one with that name."""
    rows = list(rows)
    same = [row for row in rows if is_same_code(row["code"], value)]
    same = same or [row for row in rows if is_name(row, value)]
    return same[0] if len(same) == 1 else None


def is_same_code(one: str, other: str) -> bool:
    """R7: leading zeros aside, in any case of letters."""
    return one.lower().lstrip("0") == other.lower().lstrip("0")


def is_name(row: dict, value: str) -> bool:
    """R7: a name in any language, in any case of letters."""
    return any((row.get(column) or "").lower() == value.lower() for column in NAME_COLUMNS)


def name_of(row: dict) -> str | None:
    """The Finnish name, or where the seed has none, another."""
    return next((row[column] for column in NAME_COLUMNS if row.get(column)), None)


# --- The note ------------------------------------------------------------------------------------


def note_of(delivery: Delivery) -> list[tuple]:
    """S-NOTE: the information sources and the social services of each section."""
    items = {
        (section, "information_source", f"{system}.{table}")
        for section, *_, system, table, _ in delivery.lineage
    }
    for section in ("IV", "V"):
        for row in delivery.rows[section]:
            items.add((section, "social_service", service_text(delivery.world, row[3])))
    return [(delivery.period.id, *item) for item in items]


def service_text(world: World, service: str) -> str:
    """The code, a blank and the Finnish name where the seed has one."""
    row = world.codes["social_service"].get(service) or {}
    return f"{service} {row['name_fi']}" if row.get("name_fi") else service


# --- Measures (section 11) -----------------------------------------------------------------------

EVENT_COLUMNS = {
    "cases": ("opened_on", "closed_on"),
    "child_protection_relationships": ("started_on", "ended_on"),
    "decisions": ("decided_on",),
    "services_received": ("started_on", "ended_on"),
}


def quarter_before(period: FollowUpPeriod) -> FollowUpPeriod:
    """M1: P, the quarter before Q; it may be of 1899, where no day can be read."""
    year, quarter = int(period.id[:4]), int(period.id[5])
    year, quarter = (year - 1, 4) if quarter == 1 else (year, quarter - 1)
    first = datetime.date(year, 3 * quarter - 2, 1)
    return FollowUpPeriod(f"{year}Q{quarter}", first, period.first - datetime.timedelta(days=1))


def used_records(world: World, *tables: str) -> list[Record]:
    """M1: accepted rows in scope; a scope that judges the recorded task is that of R1."""
    return [record for table in tables for record in world.records[table] if record.is_used]


def event_days(world: World, period: FollowUpPeriod) -> dict[str, list[datetime.date]]:
    """M1: recorded days in the period, one for each event, by source system."""
    days = defaultdict(list)
    for record in used_records(world, *EVENT_COLUMNS):
        for column in EVENT_COLUMNS[record.table]:
            if period.has(day(record, column)):
                days[record.source_system].append(day(record, column))
    return days


def days_of_cases(world: World, period: FollowUpPeriod, column: str) -> dict[str, Counter]:
    """ME03, ME04: how many cases of a source system have each day of the period there."""
    days = defaultdict(Counter)
    for case in used_records(world, "cases"):
        if period.has(day(case, column)):
            days[case.source_system][day(case, column)] += 1
    return days


def clients_of_section(world: World, period: FollowUpPeriod) -> Counter:
    """ME01: persons in section II, by organiser and task."""
    rows = periods_of(world, used_records(world, "cases"), period, holder_of_case)
    return Counter(
        (organiser, task) for organiser, _, task in {tuple(holder) for holder, _ in rows}
    )


def decisions_dated(world: World, period: FollowUpPeriod) -> Counter:
    """ME06: by organiser and recorded task, None where there is none."""
    return Counter(
        (code(world, record, "organiser_code"), code(world, record, "service_task_code"))
        for record in used_records(world, "decisions")
        if period.has(day(record, "decided_on"))
    )


def rows_of_services(world: World, period: FollowUpPeriod) -> Counter:
    """ME07: rows of section V with the recorded task, identical ones once, by organiser."""
    rows = set()
    for record in used_records(world, "services_received"):
        if is_service_in_period(period, record):
            codes = [
                code(world, record, f"{name}_code") for name in ("social_service", "service_task")
            ]
            days = iso(start(record)), end_text(upper(end(record)), period)
            rows.add((*holder_of_relationship(world, record), *codes, *days))
    return Counter(row[0] for row in rows)


def measures(world: World, explanations: list[dict]) -> list[tuple]:
    """M1, M2: every measure of every built period."""
    found = []
    for period in follow_up_periods(world.settings):
        for measure_id, holder, value, compared, is_notable in measures_of(world, period):
            if value or compared:
                key = (measure_id, period.id, *holder)
                explained = is_explained(key, explanations)
                found.append((*key, value, compared, is_notable, explained))
    return found


def measures_of(world: World, period: FollowUpPeriod) -> Iterable[tuple]:
    """M1: the table of section 11, line by line."""
    before = quarter_before(period)
    is_over = world.extracted_on > period.last

    clients, clients_before = (clients_of_section(world, p) for p in (period, before))
    for organiser, task in set(clients) | set(clients_before):
        value, compared = clients[organiser, task], clients_before[organiser, task]
        is_notable = differ_notably(value, compared, Fraction(3, 10))
        yield "ME01", (organiser, task, None), value, compared, is_notable

    events, events_before = (event_days(world, p) for p in (period, before))
    for system in set(events) | set(events_before):
        value, compared = len(events[system]), len(events_before[system])
        is_notable = is_over and value == 0 and compared >= 20
        yield "ME02", (None, None, system), value, compared, is_notable

    for measure_id, column in (("ME03", "opened_on"), ("ME04", "closed_on")):
        for system, days in days_of_cases(world, period, column).items():
            most, cases = max(days.values()), days.total()
            is_notable = is_over and most >= 20 and most > Fraction(1, 5) * cases
            yield measure_id, (None, None, system), most, cases, is_notable

    for system, days in events.items():
        late = sum(when.month == period.last.month for when in days)
        is_notable = is_over and len(days) >= 50 and late < Fraction(2, 100) * len(days)
        yield "ME05", (None, None, system), late, len(days), is_notable

    decisions, decisions_before = (decisions_dated(world, p) for p in (period, before))
    for organiser, task in set(decisions) | set(decisions_before):
        value, compared = decisions[organiser, task], decisions_before[organiser, task]
        is_notable = differ_notably(value, compared, Fraction(1, 2))
        yield "ME06", (organiser, task, None), value, compared, is_notable

    services, services_before = (rows_of_services(world, p) for p in (period, before))
    for organiser in set(services) | set(services_before):
        value, compared = services[organiser], services_before[organiser]
        is_notable = differ_notably(value, compared, Fraction(1, 2))
        yield "ME07", (organiser, None, None), value, compared, is_notable


def differ_notably(value: int, compared: int, share: Fraction) -> bool:
    """ME01: by at least 20, and by more than the share of what is compared."""
    return abs(value - compared) >= 20 and abs(value - compared) > share * compared


def is_explained(key: tuple, explanations: list[dict]) -> bool:
    """M2: the same five values, empty equal to empty, and a reason that is not blank."""
    columns = (
        *("measure_id", "follow_up_period", "organiser_code", "service_task_code"),
        "source_system",
    )
    return any(
        trimmed(row["reason"]) and tuple(trimmed(row[column]) for column in columns) == key
        for row in explanations
    )


def ordered(rows: Iterable[tuple]) -> list[tuple]:
    """Rows sorted by all columns in order; a missing value comes first."""
    return sorted(rows, key=lambda row: [(x is not None, "" if x is None else x) for x in row])


def gathered_sections(deliveries: list[Delivery]) -> dict:
    """Section 4: each relation holds the rows of all periods."""
    return {
        relation: ordered(row for delivery in deliveries for row in delivery.rows[section])
        for section, relation in SECTION_RELATIONS.items()
    }


def read_slowly(
    tables: dict[str, list[dict]], seeds: dict[str, list[dict]], settings: dict
) -> Reading:
    """Read one extract by the letter of the specification."""
    world = make_world(tables, seeds, settings)
    judge_errors(world)
    judge_scope(world)
    judge_warnings(world)
    deliveries = [deliver(world, period) for period in follow_up_periods(settings)]
    violations = violations_of_rows(world) + violations_of_systems(world)
    violations += [row for delivery in deliveries for row in delivery.violations]
    excepted = excepted_pairs(world, seeds)
    checked = count_checked(world, deliveries)
    return Reading(
        sections=gathered_sections(deliveries),
        violations=ordered(row for row in violations if (row[0], row[3]) not in excepted),
        reconciliation=ordered(reconcile(world)),
        rule_results=ordered(rule_results(world, violations, excepted, checked)),
        lineage=ordered(row for delivery in deliveries for row in delivery.lineage),
        code_map_proposals=ordered(code_map_proposals(world)),
        rejected_shares=ordered(rejected_shares(world)),
        unexpected_sources=ordered(unexpected_sources(world, seeds.get("expected_sources", []))),
        note=ordered(row for delivery in deliveries for row in note_of(delivery)),
        measures=ordered(measures(world, seeds.get("measure_explanations", []))),
    )
