"""Random messy extracts in the source contract, on which the SQL and the slow reading must agree.

All persons are artificial: the individual number is 900-999 (or 000 or 001, which no one has).
Dates are drawn from a small set, so that boundaries collide often.
"""

import datetime
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Choice = TypeVar("Choice")
Interval = tuple[str, str | None]
EXTRACTED_ON = datetime.date(2025, 7, 1)
ORGANISERS = ("1.2.246.10.32213086.10.0", "1.2.246.10.2012566.10.0", "1.2.246.10.32213043.10.0")
SYSTEMS = ("sys_a", "sys_b", "sys_c")
TASKS = ("10", "15", "20", "X-ELDERLY", "X-FAMILIES", "X-WORKING-AGE", "X-FAMILY-LAW")
OLD_TASKS = ("X-OLD", "X-NEW", "X-OLD-LAW")
SERVICES = ("2", "24", "46", "55", "93")
OTHER_SERVICES = ("X-OLD", "X-SHORT", "X-LATER", "055", "777", "1", "777", "046")
FORMLESS_SERVICES = (
    *("0777", "1000", "12a", "\uff17\uff17\uff17", "\u0661\u0662", "7 7", "+77", "7.7", "-7"),
    *("not in any list", "x-old", "X-NOT-THERE", "77x"),
)
LABELS = ("2023Q4", "2024Q1", "2024Q1", "2024Q2", "2025Q1", "1900Q1", "2999Q4")
BAD_LABELS = (
    "2024Q5",
    "2024q1",
    "24Q1",
    "1899Q4",
    "3000Q1",
    "2024-Q1",
    "\uff12\uff10\uff12\uff14Q1",
    "2024Q1x",
)

# sys_b swaps codes: a map that is applied twice gives the local code back.
MAPPED = {
    "sys_a": {
        "municipality": {"HKI": "091", "TRE": "837", "OLD": "004", "NONE": "no such code"},
        "sex": {"M": "1", "N": "2", "?": "0"},
        "service_task": {"LS": "10", "PD": "15", "PERHE, laki": "X-FAMILY-LAW", "IK": "X-ELDERLY"},
        "social_service": {
            **{"S'1": "46", "S 2": "93", "S3": "X-OLD", "S4": "778", "S5": "0777", "S6": "12a"},
            **{"S7": "X-LATER", "S8": "not in any list"},
        },
        "decision_type": {"MY": "1", "KI": "2", "OS": "X-PARTLY", "??": "3"},
        "organiser": {"ORG1": ORGANISERS[0], "ORG2": ORGANISERS[1], "ORG9": "no such organiser"},
    },
    "sys_b": {
        "sex": {"1": "2", "2": "1"},
        "service_task": {"10": "15", "15": "10", "X": "no such task", "OLD": "X-OLD"},
        "social_service": {"46": "93", "93": "46"},
        "decision_type": {"1": "2", "2": "1", "P": "X-PARTLY"},
        "organiser": {ORGANISERS[0]: ORGANISERS[1], ORGANISERS[1]: ORGANISERS[0]},
    },
    "sys_c": {},
}
# The map is trimmed like the extract, and rows alike after that count once.
MAP_SPACES = (
    ("", ""),
    (" ", ""),
    ("\u00a0", " "),
    ("", "\u00a0"),
    ("\ufeff", "\t"),
    ("\ufeff ", ""),
)
CODE_MAP = [
    {
        "source_system": system,
        "classification": classification,
        "local_code": local_code,
        "national_code": national_code,
    }
    for system, classifications in MAPPED.items()
    for classification, codes in classifications.items()
    for local_code, national_code in codes.items()
]
CODE_MAP = [
    {
        column: MAP_SPACES[(number + place) % 6][0] + cell + MAP_SPACES[(number + place) % 6][1]
        for place, (column, cell) in enumerate(row.items())
    }
    for number, row in enumerate([*CODE_MAP, *CODE_MAP[:5]])
]
CODE_MAP = [*CODE_MAP, CODE_MAP[7]]
# Names and codes with other zeros, which stewards write where a code belongs (R7).
NAMES = {
    "municipality": (
        *("Helsinki", "HELSINGFORS", "esbo", "tampere", "Akaa", "PARAINEN", "91", "0091", "4"),
        *("091 ", "Helsinki, kaupunki"),
    ),
    "sex": ("Mies", "FEMALE", "nainen", "man", "01", "00", "not specified"),
    "organiser": (
        *("Helsingin kaupunki", "BIRKALANDS VÄLFÄRDSOMRÅDE", "hus-yhtymä"),
        "MELLERSTA NYLANDS VÄLFÄRDSOMRÅDE",
    ),
    "service_task": (
        *("Lastensuojelu", "MISSBRUKARVÅRD", "äldreservice", "010", "x-elderly", "Lapset"),
        "Family-law services",
    ),
    "social_service": ("Sosiaalityö", "STÖD FÖR BOENDET", "093", "0046", "0055", "55", "02", "046"),
    "decision_type": ("Myönteinen ratkaisu", "NEGATIVT BESLUT", "partly positive decision", "01"),
}
EXPECTED_SOURCES = [
    {"source_system": system, "source_table": table}
    for system, tables in {
        "sys_a": ("clients", "cases", "child_protection_relationships", "decisions"),
        "sys_b": ("clients", "services_received", "identity_changes"),
        "sys_big": ("services_received", "cases"),
        "sys_gone": ("clients", "decisions"),
    }.items()
    for table in tables
]


def _task(code: str, is_delivered: str, valid_from: str, valid_to: str) -> dict[str, str]:
    """A row of the seed of service tasks, for codes with validity days (CA12)."""
    names = {"name_en": code, "name_sv": code, "name_fi": code}
    flags = {"is_delivered": is_delivered, "is_child_protection": "false", "status": "provisional"}
    return {"code": code, **names, **flags, "valid_from": valid_from, "valid_to": valid_to}


def _service(code: str, valid_from: str, valid_to: str) -> dict[str, str]:
    """A row of the seed of social services, for codes with validity days (DE14, SR14)."""
    names = {"name_sv": code, "name_fi": code, "status": "provisional"}
    return {"code": code, **names, "valid_from": valid_from, "valid_to": valid_to}


CODE_VALIDITY = {
    "codes_service_tasks": [
        _task("X-OLD", "true", "", "2020-01-01"),
        _task("X-NEW", "true", "2024-04-01", ""),
        _task("X-OLD-LAW", "false", "", "2023-12-31"),
    ],
    "codes_social_services": [
        _service("X-OLD", "", "2023-12-31"),
        _service("X-SHORT", "2024-01-02", "2024-03-31"),
        _service("X-LATER", "2025-07-02", ""),
        _service("055", "", ""),
    ],
}

DATES = (
    *("2004-02-29", "2005-06-30", "2005-07-01", "2019-12-31", "2020-01-01", "2020-01-02"),
    *("2023-12-31", "2024-01-01", "2024-01-02", "2024-02-29", "2024-03-01", "2024-03-30"),
    *("2024-03-31", "2024-04-01", "2024-04-02", "2024-06-30", "2024-07-01", "2024-09-30"),
    *("2024-10-01", "2024-12-31", "2025-01-01", "2025-02-28", "2025-03-01", "2025-03-31"),
)
FAR_DATES = (
    *("1901-01-01", "1901-01-02", "2025-07-01", "2025-07-02", "2025-07-02", "2025-12-31"),
    *("2075-07-01", "2075-07-02", "2199-12-31"),
)
LATE_DATES = ("2025-07-01", "2025-07-02", "2025-12-31", "2199-12-31")
MIDNIGHTS = ("T00:00", " 00:00", "T00:00:00", " 00:00:00", "T00:00:00.0", " 00:00:00.000000000000")
NEAR_MIDNIGHTS = (
    *("T00:00:01", "T00:00:00.0001", "T00:00Z", "T00:00:00Z", " 00:00:00+00", "T00:00+00:00"),
    *("t00:00", "  00:00", "\u00a000:00", "T00", "T24:00", "T00:00:00,0", "T00:00:00.", "T0:00"),
    *(
        "T",
        "T00:00:000",
        "T12:00",
        " 00:00:00 UTC",
        "T00:01",
        "T\uff10\uff10:00",
        "T00:00.0",
        "T0000",
    ),
    *(" 00:00:00.000000000000000001", "x"),
)
BAD_DATES = (
    *("31.2.2024", "0000-00-00", "2024-1-5", "infinity", "-infinity", "2024-02-30", "2023-02-29"),
    *("20240101", "10000-01-01", "0000-01-01", "now", "1899-12-31", "1900-01-01", "1900-12-31"),
    *(
        "2200-01-01",
        "2999-12-31",
        "9999-12-31",
        "0001-01-01",
        "1900-12-31T00:00",
        "2024-02-30T00:00",
    ),
    *("T00:00", "2024-01-01\ufeff", "2024-01-01T00:00\u200b", "2024-\ufeff01-01"),
    *(f"2024-01-01{ending}" for ending in NEAR_MIDNIGHTS),
    *(
        "\uff12\uff10\uff12\uff14-01-01",
        "2024-01-01 (BC)",
        "'2024-01-01'",
        "-",
        "2024/01/01",
        "epoch",
    ),
)
BIRTHS = (
    *("1850-01-01", "1940-05-05", "1998-12-31", "1999-02-28", "1999-03-01", "1999-03-31"),
    *("1999-04-01", "2000-02-28", "2000-02-29", "2000-03-01", "2004-02-29", "2019-12-31"),
    *("2020-01-02", "2024-01-02", "2024-02-29", "2024-07-01"),
)
TRUE_MARKS = ("true", "TRUE", "True", "1", "t", "T", "yes", "Yes", "YES")
FALSE_MARKS = ("false", "FALSE", "0", "f", "F", "no", "No", None, None, None)
BAD_MARKS = ("y", "n", "kyllä", "2", "tru", "on", "\uff11")
UPDATED = (
    *(None, "2025-01-01", "2025-01-01T00:00", "2025-01-01 00:00:00Z", "2025-01-01T02:00+02:00"),
    *("2025-01-01T02:00:00.000+0200", "2025-01-01 02:00+02", "2024-12-31T19:00:00-05:00"),
    *("2024-12-31T23:59:59.999999Z", "2024-12-31T23:59:59.9999999Z", "2025-01-01T00:00:00.1"),
    *("2025-01-01 00:00:00.0000009Z", "2025-01-01T00:00:00.000001", "2025-01-01T23:59-00:01"),
    *("9999-12-31T23:59:59.999999-23:59", "9999-12-31", "0001-01-01T00:00+23:59", "2025-01-02"),
    *(
        "0001-01-01",
        "0001-01-01 00:00:00Z",
        "1900-12-31",
        "2200-01-01T00:00",
        "2025-01-01T05:30+0530",
    ),
)
BAD_TIMES = (
    *("2025-01-01T24:00", "2025-1-1", "0000-01-01", "2025-01-01T00:00:60", "2025-01-01Z"),
    *("2025-01-01T00:00+24:00", "2025-01-01T00:00+02:60", "2025-01-01t00:00", "infinity", "now"),
    *("2025-01-01T00:00:00,5", "2025-01-01T00:00 Z", "2025-02-30T00:00", "2025-01-01T0:00"),
    *("2025-01-01T00:00:00.", "2025-01-01 00", "2025-01-01T00:00z", "2025-01-01  00:00"),
    *("0000-12-31", "10000-01-01", "2025-01-01T", "2025-01-01T00:00+2", "2025-01-01T00:00+02:0"),
    *("2025-01-01T00:00+020", "2025-01-01T\uff10\uff10:00", "2025-01-01T00", "2025-01-01+02:00"),
)
SPACES = (
    *(" ", "  ", "\u00a0", "\t", " \u00a0", "\u2007", "\u202f", "\u3000", "\u0085", "\u001f"),
    *("\n", "\r", "\r\n", " \n ", "\u2028", "\u2029", "\v", "\f", "\u1680", "\u2000"),
)
LEADING_SPACES = (*SPACES, "\ufeff", "\ufeff ", " \ufeff", "\ufeff\n\ufeff")
LINE_BREAKS = ("\n", "\r", "\r\n", "\n\n", "\n1,2,3\n")
NO_LINE_BREAKS = ("\u2028", "\u0085", "\v", "\f", "\ufeff", "\t", "\\n")
UNITS = (
    *(None, None, None, "Team 1", "team 1", 'Unit "north"', "Palvelukeskus, etelä", "0", "-"),
    *("Enhet ä", "O'Brien"),
)
BAD_CODES = ("no such code", "0", "001x", "None", "ls", "'", "-1")
ODD_IDS = (
    *("O'Brien {}", 'say "{}"', "a,{}", "{};x", "line\u2028sep {}", "'; drop table cases; -- {}"),
    *("{{{{ {} }}}}", "äö {}", "00{}", "{}.0", "\\{}", "$${}$$", "null {}", "inner  {}", "% {}"),
)
CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
CENTURY_SIGNS = {18: "+", 19: "-YXWVU", 20: "ABCDEF"}
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATE_COLUMNS = (
    *("opened_on", "closed_on", "started_on", "ended_on", "decided_on"),
    *("valid_from", "valid_until", "changed_on"),
)


def identity_code(birth: datetime.date, sign: str, number: int) -> str:
    """Make a personal identity code with its check character, for artificial numbers only."""
    if 2 <= number <= 899:
        raise ValueError("individual numbers 002-899 may belong to real people")
    digits = f"{birth:%d%m}{birth.year % 100:02}"
    check = CHECK_CHARACTERS[int(f"{digits}{number:03}") % 31]
    return f"{digits}{sign}{number:03}{check}"


@dataclass
class Person:
    """One person: codes from the oldest to the newest, and the facts most systems agree on."""

    codes: list
    municipality: str
    organisers: list
    tasks: list
    clients: list = field(default_factory=list)


@dataclass
class Mess:
    """The random choices of one extract, and the rows made so far."""

    rng: random.Random
    noise: float
    assumed: float
    share_of_2020: dict
    systems: tuple
    has_midnights: bool
    tables: dict
    used_codes: set = field(default_factory=set)
    numbers: dict = field(default_factory=dict)

    def chance(self, share: float) -> bool:
        """Tell whether something happens this time."""
        return self.rng.random() < share

    def pick(self, values: Sequence[Choice]) -> Choice:
        """Take one of some values."""
        return self.rng.choice(values)

    def next_id(self, system: str, prefix: str) -> str:
        """Count ids within a system, so that systems share ids; some are odd."""
        number = self.numbers[system, prefix] = self.numbers.get((system, prefix), 0) + 1
        text = f"{prefix}{number}"
        return self.pick(ODD_IDS).format(text) if self.chance(0.1) else text

    def local(self, system: str, classification: str, national: str) -> str:
        """Find how a system writes a national code."""
        if self.chance(0.01):
            return self.pick(NAMES[classification])
        if self.chance(0.05):
            return national
        codes = MAPPED[system].get(classification, {})
        writings = [own for own, meant in codes.items() if meant == national]
        return self.pick(writings) if writings else national

    def new_code(self) -> str:
        """Make a personal identity code that no one has yet."""
        birth = datetime.date.fromisoformat(self.pick(BIRTHS))
        sign = self.pick(CENTURY_SIGNS[birth.year // 100])
        code = identity_code(birth, sign, self.rng.randrange(900, 1000))
        if code in self.used_codes:
            return self.new_code()
        self.used_codes.add(code)
        return code

    def add(self, table: str, **cells: str | None) -> None:
        """Add a row; those of one table are often of few units."""
        self.tables[table].append({**cells, "unit": self.pick(UNITS)})


# --- Persons and clients -------------------------------------------------------------------------


def _person(mess: Mess) -> Person:
    """Make a person with one to three personal identity codes."""
    return Person(
        codes=[mess.new_code() for _ in range(mess.pick((1, 1, 1, 2, 3)))],
        municipality=mess.pick(("091", "837", "049", "004")),
        organisers=mess.rng.sample(ORGANISERS[:2], mess.pick((1, 1, 2))),
        tasks=mess.rng.sample(TASKS, mess.pick((1, 1, 2, 3))),
    )


def _malformed(mess: Mess, code: str) -> str:
    """Spoil a personal identity code; the individual number stays artificial."""
    wrong_check = CHECK_CHARACTERS[(CHECK_CHARACTERS.index(code[10]) + 1) % 31]
    some_day = datetime.date(1999, 3, 31)
    no_such_day = f"3102{code[4:6]}"
    check = CHECK_CHARACTERS[int(no_such_day + code[7:10]) % 31]
    return mess.pick(
        (
            code[:10] + wrong_check,
            code[:6] + "G" + code[7:],
            code[:10],
            code + "0",
            code.lower() if code.lower() != code else code[:7],
            no_such_day + code[6:10] + check,
            identity_code(some_day, "-", mess.pick((0, 1))),
            chr(0xFF10 + int(code[0])) + code[1:],
            code[:6] + " " + code[6:],
            "tuntematon",
        )
    )


def _sex_of(code: str) -> str:
    """Tell the sex that a personal identity code carries."""
    return "1" if int(code[9]) % 2 == 1 else "2"


def _add_client(mess: Mess, system: str, person: Person) -> None:
    """Add a client row; now and then it departs from what the others say."""
    client_id = mess.next_id(system, "c")
    code = mess.pick(person.codes)
    municipality = mess.pick(("091", "004")) if mess.chance(0.1) else person.municipality
    sex = mess.pick(("0", "1", "2", "9")) if mess.chance(0.15) else _sex_of(person.codes[-1])
    mess.add(
        "clients",
        source_system=system,
        client_id=client_id,
        personal_identity_code=code,
        home_municipality_code=mess.local(system, "municipality", municipality),
        sex_code=mess.local(system, "sex", sex),
        updated_at=mess.pick(mess.pick((BAD_TIMES, (None,), *[UPDATED] * 6))),
    )
    person.clients.append((system, client_id))


def _add_clients(mess: Mess, people: list[Person]) -> None:
    """Add every person to at least one system, often to several or under several ids."""
    for person in people:
        systems = [system for system in mess.systems if mess.chance(0.5)]
        for system in systems or [mess.pick(mess.systems)]:
            for _ in range(mess.pick((1, 1, 1, 2))):
                _add_client(mess, system, person)


# --- Identity changes ----------------------------------------------------------------------------


def _add_change(mess: Mess, old: str, new: str, key: tuple[str, str] | None = None) -> None:
    """Add an identity change of any system, or under a given key."""
    system = mess.pick(mess.systems)
    source_system, change_id = key or (system, mess.next_id(system, "i"))
    mess.add(
        "identity_changes",
        source_system=source_system,
        change_id=change_id,
        old_personal_identity_code=old,
        new_personal_identity_code=new,
        changed_on=mess.pick((*DATES, *FAR_DATES, *BAD_DATES, None)),
    )


def _add_changes(mess: Mess, people: list[Person]) -> None:
    """Add chains for most persons, and a few loops, leads into loops and conflicts."""
    for person in people:
        for old, new in zip(person.codes, person.codes[1:], strict=False):
            for _ in range(mess.pick((0, 1, 1, 1, 2))):
                _add_change(mess, old, new)
    for _ in range(mess.pick((0, 1, 2, 3, 4))):
        _add_tangle(mess, people)


def _add_tangle(mess: Mess, people: list[Person]) -> None:
    """Add something that does not end in one newest code, or that joins two persons."""
    one, two, three = (mess.pick(person.codes) for person in mess.rng.sample(people, 3))
    tangles = {
        "self-loop": [(one, one)],
        "loop": [(one, two), (two, one)],
        "lead into loop": [(one, two), (two, three), (three, two)],
        "long loop": [(one, two), (two, three), (three, one)],
        "conflict": [(one, two), (one, three)],
        "conflict with self": [(one, one), (one, two)],
        "lead into conflict": [(three, one), (one, two), (one, mess.new_code())],
        "join": [(one, two)],
        "malformed old": [(_malformed(mess, one), two)],
        "malformed new": [(one, _malformed(mess, two)), (one, three)],
        "loop with self": [(one, one), (one, two), (two, one)],
        "line break": [(f"{one[:6]}\n{one[6:]}", two), (one, three)],
        "malformed self": [(_malformed(mess, one),) * 2],
    }
    kind = mess.pick(list(tangles))
    system = mess.pick(mess.systems)
    # Changes that share an id take no part: what is left is no loop and no conflict (R3).
    has_doubled_id = mess.chance(0.25)
    key = (system, mess.next_id(system, "i"))
    if has_doubled_id:
        _add_change(mess, mess.new_code(), mess.pick((one, mess.new_code())), key)
    for number, (old, new) in enumerate(tangles[kind]):
        _add_change(mess, old, new, key if has_doubled_id and number == 0 else None)


# --- Intervals -----------------------------------------------------------------------------------


def _plus(text: str, days: int) -> str:
    """Move a date by some days, but never beyond the last day there is."""
    number = datetime.date.fromisoformat(text).toordinal() + days
    return datetime.date.fromordinal(min(number, datetime.date.max.toordinal())).isoformat()


def _interval(mess: Mess) -> Interval:
    """Draw an interval from the small set of dates, often an open one."""
    first, last = sorted((mess.pick(DATES), mess.pick(DATES)))
    return first, mess.pick((last, last, last, None, first))


def _near(mess: Mess, interval: Interval) -> Interval:
    """Draw an interval that touches another one, or just does not."""
    first, last = interval
    if last is None or mess.chance(0.3):
        return mess.pick((interval, (first, first), _interval(mess), (_plus(first, 1), last)))
    reopened = _plus(last, mess.pick((0, 0, 1, 1, 2, 3)))
    return mess.pick(
        (
            (reopened, _plus(reopened, mess.pick((0, 1, 40)))),
            (reopened, None),
            (_plus(first, 1), _plus(first, 1)),
            (last, last),
            (first, None),
        )
    )


def _intervals(mess: Mess) -> list[Interval]:
    """Draw a few intervals that belong together; none starts after the extract."""
    drawn = [_interval(mess)]
    for _ in range(mess.pick((0, 0, 1, 1, 2, 3))):
        drawn.append(_near(mess, mess.pick(drawn)))
    return [pair for pair in drawn if pair[0] <= EXTRACTED_ON.isoformat()]


def _begun(mess: Mess, system: str, first: str) -> tuple[str | None, str | None]:
    """Give the start and the mark of a relationship, which may be an assumed one (S-2020)."""
    if mess.chance(mess.share_of_2020[system]):
        first = "2020-01-01"
    if mess.chance(0.02):
        first = mess.pick(LATE_DATES)
    if mess.chance(mess.assumed):
        return None, mess.pick(TRUE_MARKS)
    if mess.chance(0.03):
        return None, mess.pick(FALSE_MARKS)
    return first, mess.pick(TRUE_MARKS if mess.chance(0.1) else FALSE_MARKS)


def _ended(mess: Mess, first: str | None, last: str | None) -> str | None:
    """Give an end; where the start is assumed it may lie before 2020."""
    if first is None and mess.chance(0.4):
        return mess.pick(("2019-12-31", "2005-06-30", "2020-01-01"))
    if mess.chance(0.04):
        return mess.pick((*FAR_DATES, "2004-02-29"))
    return last


# --- Tables --------------------------------------------------------------------------------------


def _organiser(mess: Mess, system: str, person: Person) -> str | None:
    """Give an organiser; an empty one takes the default."""
    if mess.chance(0.12):
        return None
    return mess.local(system, "organiser", mess.pick(person.organisers))


def _task_code(mess: Mess, system: str, person: Person) -> str:
    """Give a service task: most often one of the person's own."""
    task = mess.pick(OLD_TASKS) if mess.chance(0.05) else mess.pick(person.tasks)
    return mess.local(system, "service_task", task)


def _service_code(mess: Mess, system: str) -> str:
    """Give a social service, now and then one that is not in the list or was in force shortly."""
    if mess.chance(0.04):
        return mess.local(system, "social_service", "X-LATER")
    service = mess.pick(OTHER_SERVICES) if mess.chance(0.25) else mess.pick(SERVICES)
    if mess.chance(0.03):
        service = mess.pick(FORMLESS_SERVICES)
    return mess.local(system, "social_service", service)


def _add_cases(mess: Mess, person: Person) -> None:
    """Add cases that belong together, over all client ids of the person."""
    for first, last in _intervals(mess):
        system, client_id = mess.pick(person.clients)
        opened_on, mark = _begun(mess, system, first)
        mess.add(
            "cases",
            source_system=system,
            case_id=mess.next_id(system, "a"),
            client_id=client_id,
            organiser_code=_organiser(mess, system, person),
            service_task_code=_task_code(mess, system, person),
            opened_on=opened_on,
            closed_on=_ended(mess, opened_on, last),
            opened_before_2020=mark,
        )


def _add_relationships(mess: Mess, person: Person) -> None:
    """Add child protection client relationships."""
    for first, last in _intervals(mess):
        system, client_id = mess.pick(person.clients)
        started_on, mark = _begun(mess, system, first)
        mess.add(
            "child_protection_relationships",
            source_system=system,
            relationship_id=mess.next_id(system, "r"),
            client_id=client_id,
            organiser_code=_organiser(mess, system, person),
            started_on=started_on,
            ended_on=_ended(mess, started_on, last),
            started_before_2020=mark,
        )


def _add_decision(mess: Mess, person: Person) -> None:
    """Add a decision with any combination of missing values."""
    system, client_id = mess.pick(person.clients)
    first, last = _interval(mess)
    decided_on = mess.pick((first, first, mess.pick(DATES), _plus(first, 365), _plus(first, 366)))
    if decided_on > EXTRACTED_ON.isoformat() and mess.chance(0.9):
        decided_on = first
    mess.add(
        "decisions",
        source_system=system,
        decision_id=mess.next_id(system, "d"),
        client_id=client_id,
        organiser_code=_organiser(mess, system, person),
        social_service_code=_service_code(mess, system),
        service_task_code=None if mess.chance(0.5) else _task_code(mess, system, person),
        decided_on=None if mess.chance(0.25) else decided_on,
        valid_from=_valid_from(mess, first, decided_on),
        valid_until=_valid_until(mess, first, last),
        decision_type_code=_decision_type(mess, system),
    )


def _valid_from(mess: Mess, first: str, decided_on: str) -> str | None:
    """Give a start of validity, now and then one after the extract (R4)."""
    if mess.chance(0.08):
        return mess.pick(LATE_DATES)
    return None if mess.chance(0.35) else mess.pick((first, decided_on))


def _valid_until(mess: Mess, first: str, last: str | None) -> str | None:
    """Give an end of validity, now and then about 50 years after the extract (DE55)."""
    if mess.chance(0.05):
        return mess.pick(("2075-07-01", "2075-07-02", "2199-12-31"))
    return None if mess.chance(0.35) else _ended(mess, first, last or first)


def _decision_type(mess: Mess, system: str) -> str | None:
    """Give a decision type or none."""
    national = mess.pick((None, "1", "2", "2", "X-PARTLY"))
    return national and mess.local(system, "decision_type", national)


def _add_service(mess: Mess, person: Person) -> None:
    """Add a received service: with dates, with a label, with both or with neither."""
    system, client_id = mess.pick(person.clients)
    first, last = _interval(mess)
    if mess.chance(0.02):
        first = last = mess.pick(FAR_DATES)
    kind = mess.pick(("dates", "dates", "start", "end", "label", "label", "both", "neither"))
    if kind == "start" and mess.chance(0.1):
        first = mess.pick(LATE_DATES)
    has_start, has_end = kind in ("dates", "start", "both"), kind in ("dates", "end", "both")
    has_label = kind in ("label", "both") or (kind == "neither" and mess.chance(0.8))
    if kind == "end" and mess.chance(0.3):
        last = mess.pick(("2019-12-31", "2020-01-01", "2005-06-30", "2025-07-01", "2025-07-02"))
    label = mess.pick(BAD_LABELS) if mess.chance(0.05) else mess.pick(LABELS)
    mess.add(
        "services_received",
        source_system=system,
        record_id=mess.next_id(system, "s"),
        client_id=client_id,
        organiser_code=_organiser(mess, system, person),
        social_service_code=_service_code(mess, system),
        service_task_code=None if mess.chance(0.6) else _task_code(mess, system, person),
        started_on=first if has_start else None,
        ended_on=_ended(mess, first, last or first) if has_end else None,
        follow_up_period=label if has_label else None,
    )


def _add_alike(mess: Mess, table: str, id_column: str, end_column: str) -> None:
    """Add a row that is delivered like another one, or nearly so, under an id of its own."""
    if mess.tables[table]:
        row = dict(mess.pick(mess.tables[table]))
        row[id_column] = mess.next_id(row["source_system"], "z")
        if row[end_column] is not None and mess.chance(0.5):
            row[end_column] = mess.pick(("2025-04-01", "2025-06-30", None))
        mess.add(table, **row)


def _add_everything(mess: Mess, people: list[Person]) -> None:
    """Add all that belongs to the persons."""
    for person in people:
        for _ in range(mess.pick((0, 1, 1, 2))):
            _add_cases(mess, person)
        if mess.chance(0.4):
            _add_relationships(mess, person)
        for _ in range(mess.pick((0, 1, 2, 3))):
            _add_decision(mess, person)
        for _ in range(mess.pick((0, 1, 2, 3))):
            _add_service(mess, person)
    for _ in range(len(people) // 6):
        _add_alike(mess, "decisions", "decision_id", "valid_until")
        _add_alike(mess, "services_received", "record_id", "ended_on")


# --- The mess ------------------------------------------------------------------------------------


def _bad_values(mess: Mess, column: str) -> tuple:
    """List values that do not belong into a column."""
    choices = {
        "updated_at": BAD_TIMES,
        "opened_before_2020": BAD_MARKS,
        "started_before_2020": BAD_MARKS,
        "follow_up_period": (None, *BAD_LABELS),
        "source_system": (None, None, "no such system"),
        "unit": UNITS,
        "social_service_code": (None, *BAD_CODES, *FORMLESS_SERVICES),
    }
    if column in choices:
        return choices[column]
    if column in DATE_COLUMNS:
        return (None, *BAD_DATES, *FAR_DATES, *DATES)
    if column.endswith("personal_identity_code"):
        return (None, _malformed(mess, mess.new_code()))
    return (None, *BAD_CODES) if column.endswith("_code") else (None, None, "no such id")


def _spoil(mess: Mess) -> None:
    """Put bad values into some cells; those of keys and clients a little less often."""
    for table, rows in mess.tables.items():
        for row in rows:
            for column in row:
                is_sparing = column.endswith("_id") or column == "source_system"
                if mess.chance(mess.noise * (0.3 if is_sparing or table == "clients" else 1)):
                    row[column] = mess.pick(_bad_values(mess, column))


def _break_lines(mess: Mess) -> None:
    """Put line breaks into some cells, units and ids too, and what is none into others (x20)."""
    for rows in mess.tables.values():
        for row in rows:
            if mess.chance(mess.noise / 2):
                column = mess.pick(list(row))
                cell = row[column] or "Team 1"
                place = mess.rng.randrange(len(cell))
                broken = mess.pick(LINE_BREAKS if mess.chance(0.7) else NO_LINE_BREAKS)
                row[column] = cell[: place + 1] + broken + (cell[place + 1 :] or "2")


def _repeat(mess: Mess) -> None:
    """Repeat rows: some alike, some with the same key and another value or unit."""
    for rows in mess.tables.values():
        for row in list(rows):
            if mess.chance(mess.noise):
                rows.extend(dict(row) for _ in range(mess.pick((1, 1, 2))))
            if mess.chance(mess.noise / 2):
                column = mess.pick([*list(row)[2:], "unit"])
                other = mess.pick(rows)[column]
                rows.append({**row, column: other})


def _add_blank_rows(mess: Mess) -> None:
    """Add rows without a value, and rows that have only a unit (Q4)."""
    for rows in mess.tables.values():
        if rows and mess.chance(0.2):
            blank = dict.fromkeys(rows[0])
            for _ in range(mess.pick((1, 1, 2, 5))):
                rows.append({**blank, "unit": mess.pick((None, None, " ", "\ufeff", "Team 1"))})


def _add_big_system(mess: Mess) -> None:
    """Add a system with about 100 rows of services, of which about 5 % are rejected (Q4)."""
    mess.add(
        "clients",
        source_system="sys_big",
        client_id="c1",
        personal_identity_code=mess.new_code(),
        home_municipality_code="091",
        sex_code="0",
        updated_at=None,
    )
    rejected = mess.pick((4, 5, 5, 6, 6, 7))
    for number in range(mess.pick((99, 100, 100, 101, 120))):
        mess.add(
            "services_received",
            source_system="sys_big",
            record_id=f"s{number}",
            client_id="c2" if number < rejected else "c1",
            organiser_code=None,
            social_service_code=mess.pick(SERVICES),
            service_task_code=None,
            started_on=mess.pick(("2024-01-01", "2024-03-31", "2023-12-31")),
            ended_on=None,
            follow_up_period=None,
        )
    for _ in range(mess.pick((0, 1, 2))):
        mess.tables["services_received"].append(dict(mess.tables["services_received"][-1]))


def _with_midnight(mess: Mess, column: str, cell: str | None) -> str | None:
    """Write some dates with a midnight, as databases export days, or with what is none."""
    is_date = column in DATE_COLUMNS and cell is not None and DATE.fullmatch(cell)
    if not is_date or not mess.has_midnights or mess.chance(0.9):
        return cell
    return cell + mess.pick(NEAR_MIDNIGHTS if mess.chance(0.1) else MIDNIGHTS)


def _dressed(mess: Mess, cell: str | None) -> str | None:
    """Put white space around a cell, which changes nothing."""
    if not mess.chance(mess.noise):
        return mess.pick(("", None)) if cell is None else cell
    return mess.pick(LEADING_SPACES) + (cell or "") + mess.pick(("", *SPACES))


def _dress(mess: Mess) -> None:
    """Put white space around some cells, midnights to some days, and the rows into any order."""
    for table, rows in mess.tables.items():
        mess.rng.shuffle(rows)
        mess.tables[table] = [
            {
                column: _dressed(mess, _with_midnight(mess, column, cell))
                for column, cell in row.items()
            }
            for row in rows
        ]


def _drop_units(mess: Mess) -> None:
    """Leave the unit out of a table now and then (C7)."""
    for rows in mess.tables.values():
        if mess.chance(0.1):
            for row in rows:
                del row["unit"]


def _empty(mess: Mess) -> None:
    """Leave a table empty now and then (P5)."""
    for table in mess.tables:
        if mess.chance(0.02):
            mess.tables[table] = []


def _new_mess(seed: int) -> Mess:
    """Choose what kind of extract it will be."""
    rng = random.Random(seed)
    tables = ("clients", "cases", "child_protection_relationships")
    tables += ("decisions", "services_received", "identity_changes")
    return Mess(
        rng=rng,
        noise=rng.choice((0.0, 0.01, 0.03, 0.08)),
        assumed=rng.choice((0.02, 0.05, 0.1)),
        share_of_2020={system: rng.choice((0.0, 0.1, 0.2)) for system in SYSTEMS},
        systems=tuple(rng.sample(SYSTEMS, rng.choice((2, 3)))),
        has_midnights=rng.choice((True, False)),
        tables={table: [] for table in tables},
    )


def messy_extract(seed: int, persons: int = 40) -> dict[str, list[dict]]:
    """Make one extract: all six tables, each a list of rows of text or missing cells."""
    mess = _new_mess(seed)
    people = [_person(mess) for _ in range(max(persons, 3))]
    _add_clients(mess, people)
    _add_changes(mess, people)
    _add_everything(mess, people)
    _spoil(mess)
    _break_lines(mess)
    _repeat(mess)
    _add_blank_rows(mess)
    if mess.chance(0.3):
        _add_big_system(mess)
    _dress(mess)
    _drop_units(mess)
    _empty(mess)
    return mess.tables
