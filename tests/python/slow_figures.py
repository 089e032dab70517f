"""The figures of A4 and A5, read from the specification's words: sets of persons by quarter."""

import datetime
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

MEASURES = ("clients", "clients_new", "periods_ended", "clients_at_end")
AGE_GROUPS = [
    ("0-6", 0, 6),
    ("7-17", 7, 17),
    ("18-24", 18, 24),
    ("25-64", 25, 64),
    ("65-74", 65, 74),
    ("75-84", 75, 84),
    ("85+", 85, None),
]


class Quarter(NamedTuple):
    follow_up_period: str
    started_on: datetime.date
    ended_on: datetime.date
    is_over: bool


class Person(NamedTuple):
    person_key: str
    birth_date: datetime.date
    home_municipality_code: str | None
    sex_code: str | None


class Period(NamedTuple):
    organiser_code: str
    service_task_code: str
    person_key: str
    started_on: datetime.date
    ended_on: datetime.date | None


class Group(NamedTuple):
    """Within one of these, the cells are rounded together."""

    follow_up_period: str
    organiser_code: str
    service_task_code: str


class Dimensions(NamedTuple):
    home_municipality_code: str | None
    age_group: str | None
    sex_code: str | None


@dataclass
class Cell:
    figures: tuple[int, int, int, int]
    median_days: int | None
    smallest_person_key: str


Cells = dict[tuple[Group, Dimensions], Cell]


def age_group(born: datetime.date, day: datetime.date) -> str | None:
    """The group of the age in full years; somebody born on 29 February is older on 1 March."""
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    for name, first, last in AGE_GROUPS:
        if age >= first and (last is None or age <= last):
            return name
    return None


def quarterly_cells(quarters: list[Quarter], persons: list[Person], periods: list[Period]) -> Cells:
    """A4: who is in a cell is a set of persons, what ended a list of days."""
    of_key = {person.person_key: person for person in persons}
    found: dict[tuple[Group, Dimensions], list[tuple[Period, Quarter]]] = defaultdict(list)
    for quarter, period in product(quarters, periods):
        begins = period.started_on <= quarter.ended_on
        if begins and (period.ended_on is None or period.ended_on >= quarter.started_on):
            person = of_key[period.person_key]
            group = Group(quarter.follow_up_period, period.organiser_code, period.service_task_code)
            age = age_group(person.birth_date, quarter.ended_on)
            dimensions = Dimensions(person.home_municipality_code, age, person.sex_code)
            found[group, dimensions].append((period, quarter))
    return {key: one_cell(seen) for key, seen in found.items()}


def one_cell(seen: list[tuple[Period, Quarter]]) -> Cell:
    """The figures of the periods of one cell."""
    clients = {period.person_key for period, _ in seen}
    new = {period.person_key for period, quarter in seen if period.started_on >= quarter.started_on}
    days = sorted(
        (period.ended_on - period.started_on).days + 1
        for period, quarter in seen
        if period.ended_on is not None and period.ended_on <= quarter.ended_on
    )
    at_end = {
        period.person_key
        for period, quarter in seen
        if period.ended_on is None or period.ended_on >= quarter.ended_on
    }
    median = days[(len(days) + 1) // 2 - 1] if days else None
    return Cell((len(clients), len(new), len(days), len(at_end)), median, min(clients))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def rounded_cells(cells: Cells, base: int) -> dict[tuple[Group, Dimensions], list[int]]:
    """A5 for the inner cells: the steps of a measure's running sum over multiples of the base."""
    rounded: dict[tuple[Group, Dimensions], list[int]] = {key: [] for key in cells}
    for group in {group for group, _ in cells}:
        members = {key: cell for key, cell in cells.items() if key[0] == group}
        smallest = min(cell.smallest_person_key for cell in members.values())
        for number, measure in enumerate(MEASURES):
            order = sorted(
                members,
                key=lambda key, measure=measure: sha256(
                    f"{measure}|{key[0].follow_up_period}|{cells[key].smallest_person_key}"
                ),
            )
            start = sha256(f"start|{measure}|{group.follow_up_period}|{smallest}")
            reached = int(start[:7], 16) % base
            for key in order:
                before, reached = reached, reached + cells[key].figures[number]
                rounded[key].append(base * (reached // base - before // base))
    return rounded


def publishable(cells: Cells, quarters: list[Quarter], base: int) -> dict[tuple, tuple]:
    """A5: the full cube of the rounded cells of quarters that are over, without rows of zeros."""
    over = {quarter.follow_up_period for quarter in quarters if quarter.is_over}
    inner = {key: cell for key, cell in cells.items() if key[0].follow_up_period in over}
    table: dict[tuple, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for (group, dimensions), figures in rounded_cells(inner, base).items():
        for kept in product((True, False), repeat=3):
            names = [name if keep else "all" for name, keep in zip(dimensions, kept, strict=True)]
            row = table[*group, *names]
            for number, figure in enumerate(figures):
                row[number] += figure
    return {key: tuple(figures) for key, figures in table.items() if any(figures)}
