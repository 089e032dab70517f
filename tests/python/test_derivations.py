"""The examples in docs/derivations/ come out of a build as the pages say.

A table headed `cases: case_id` holds rows of the extract, one headed by a relation all that the
relation holds of the page's persons. Persons have names on the pages and codes in the build.
Tables after "With `{...}`:" are built with those vars. Pictures show one day with each character.
"""

import datetime
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from messy_extracts import identity_code
from warehouse import COLUMNS, PROJECT, TABLES, Compiled, compile_project

PAGES = sorted((PROJECT / "docs/derivations").glob("*.md"))
VARS = {
    "follow_up_periods": ["2024Q1", "2024Q2"],
    "organiser_code": "1.2.246.10.32213086.10.0",
    "extracted_on": "2024-07-05",
    "sections": ["I", "II", "III", "IV", "V"],
    "decision_scope": [],
    "social_services_included": [],
    "period_gap_days": 0,
}
SYSTEM = "alpha"
CLIENT = {"home_municipality_code": "837", "sex_code": "2"}
TABLE = re.compile(
    r"(?:^With `(\{.*\})`:\n\n)?^\| (\w+: .*) \|\n\|[-|]+\|\n((?:\|.*\|\n)+)", re.MULTILINE
)
PICTURE = re.compile(r"^```text\n(\d{4}-\d\d-\d\d)  (\d+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LABEL = 12  # characters before the first day of a picture
BOUNDS = {
    "cases": ("opened_on", "closed_on"),
    "child_protection_relationships": ("started_on", "ended_on"),
    "decisions": ("valid_from", "valid_until"),
    "services_received": ("started_on", "ended_on"),
}
SECTIONS = {"II": "sosdata_service_task_periods", "III": "sosdata_child_protection_periods"}
DAY = datetime.timedelta(days=1)


@dataclass
class Page:
    """One page: rows of the extract, and expected rows for each choice of vars and relation."""

    path: Path
    text: str
    source: dict[str, list[dict]] = field(default_factory=dict)
    expected: dict[tuple[str, str], list[dict]] = field(default_factory=dict)

    def persons(self) -> list[str]:
        """Names of persons in the order in which they come."""
        return list(
            dict.fromkeys(
                name
                for rows in self.source.values()
                for row in rows
                for column, name in row.items()
                if is_identity(column)
            )
        )

    def row_ids(self) -> list[str]:
        return [row[TABLES[table]] for table, rows in self.source.items() for row in rows]


def is_identity(column: str) -> bool:
    return column.endswith("personal_identity_code")


def read_page(path: Path) -> Page:
    page = Page(path, path.read_text(encoding="utf-8"))
    for dbt_vars, header, lines in TABLE.findall(page.text):
        relation, _, columns = header.partition(": ")
        names = columns.split(" | ")
        cells = [[c.strip() or None for c in line[1:-1].split("|")] for line in lines.splitlines()]
        rows = [dict(zip(names, row, strict=True)) for row in cells]
        if relation in TABLES:
            assert names[0] == TABLES[relation] and set(names) <= set(COLUMNS[relation]), header
            page.source[relation] = [{"source_system": SYSTEM} | row for row in rows]
        else:
            assert (dbt_vars, relation) not in page.expected, f"{path.name}: {relation} twice"
            page.expected[dbt_vars, relation] = rows
    add_clients(page)
    return page


def add_clients(page: Page) -> None:
    """A client id without a client record on the page is the name of a person."""
    clients = page.source.setdefault("clients", [])
    known = {(row["source_system"], row["client_id"]) for row in clients}
    for table in BOUNDS:
        for row in page.source.get(table, []):
            key = (row["source_system"], row["client_id"])
            if key not in known:
                known.add(key)
                own = {"source_system": key[0], "client_id": key[1]}
                clients.append(own | CLIENT | {"personal_identity_code": key[1]})


PARSED = [read_page(path) for path in PAGES]
NAMES = [name for page in PARSED for name in page.persons()]
# Even numbers: the sex of the code is that of CLIENT.
CODES = {
    name: identity_code(datetime.date(1980, 5, 17), "-", 900 + 2 * number)
    for number, name in enumerate(NAMES)
}
PERSONS = {code: name for name, code in CODES.items()}
EXPECTED = [
    pytest.param(
        page, dbt_vars, relation, id=f"{page.path.stem}-{relation}{'-vars' * bool(dbt_vars)}"
    )
    for page in PARSED
    for dbt_vars, relation in page.expected
]


def extract_of_all_pages() -> dict[str, list[dict]]:
    extract: dict[str, list[dict]] = {table: [] for table in COLUMNS}
    for page in PARSED:
        for table, rows in page.source.items():
            extract[table] += [
                {c: CODES[cell] if is_identity(c) else cell for c, cell in row.items()}
                for row in rows
            ]
    return extract


def vars_of_all_pages() -> dict:
    """The vars of all pages, together: none of them changes what another page shows."""
    chosen: dict = {}
    for dbt_vars in {dbt_vars for page in PARSED for dbt_vars, _ in page.expected if dbt_vars}:
        given = yaml.safe_load(dbt_vars)
        assert not chosen.keys() & given.keys(), dbt_vars
        chosen |= given
    return chosen


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> Iterator[dict[bool, Compiled]]:
    """Two builds of all pages as one extract: with the vars of this test, and with the pages'."""
    extract = extract_of_all_pages()
    # That all persons are artificial is no part of an example.
    systems = sorted({row["source_system"] for rows in extract.values() for row in rows})
    exceptions = [{"rule_id": "CL51", "source_system": system} for system in systems]
    builds = {}
    for has_vars, more_vars in ((False, {}), (True, vars_of_all_pages())):
        builds[has_vars] = compile_project(
            tmp_path_factory.mktemp("derivations"),
            seeded,
            VARS | more_vars,
            {"quality_exceptions": exceptions},
        )
        builds[has_vars].build(extract)
    yield builds
    for build in builds.values():
        build.connection.close()


def with_names(row: tuple, columns: list[str]) -> tuple:
    """Names in the place of codes, so that a failure shows no code."""
    named = zip(columns, row, strict=True)
    return tuple(PERSONS[v] if is_identity(c) else None if v is None else str(v) for c, v in named)


@pytest.mark.parametrize(("page", "dbt_vars", "relation"), EXPECTED)
def test_what_a_page_shows_is_what_is_built(
    built: dict[bool, Compiled], page: Page, dbt_vars: str, relation: str
) -> None:
    rows = page.expected[dbt_vars, relation]
    columns = list(rows[0])
    build = built[bool(dbt_vars)]
    if relation == "quality_violations":
        key, own = "row_id", page.row_ids()
    else:
        key, own = "personal_identity_code", [CODES[name] for name in page.persons()]
    marks = ", ".join("?" for _ in own)
    found = build.connection.execute(
        f"select {', '.join(columns)} from {relation} where {key} in ({marks})", own
    ).fetchall()
    assert Counter(with_names(row, columns) for row in found) == Counter(
        tuple(row.values()) for row in rows
    )


def bar(intervals: list[tuple], first: datetime.date, days: int) -> str:
    """One character a day: [ and ] are first and last days, | is both, < and > go on outside."""
    drawn = [" "] * days
    for start, end in intervals:
        start = datetime.date.min if start is None else datetime.date.fromisoformat(start)
        end = datetime.date.max if end is None else datetime.date.fromisoformat(end)
        for n in range(days):
            day = first + n * DAY
            if start <= day <= end:
                drawn[n] = "|" if start == end else {start: "[", end: "]"}.get(day, "=")
        if start < first <= end:
            drawn[0] = "<"
        if start <= first + (days - 1) * DAY < end:
            drawn[-1] = ">"
    return "".join(drawn)


def drawn_rows(page: Page) -> dict[str, tuple[str, list[tuple]]]:
    """Person and interval of each row of the extract, by its id."""
    return {
        row[TABLES[table]]: (row["client_id"], [(row.get(start), row.get(end))])
        for table, (start, end) in BOUNDS.items()
        for row in page.source.get(table, [])
    }


@pytest.mark.parametrize("page", [pytest.param(page, id=page.path.stem) for page in PARSED])
def test_pictures_show_the_days_of_the_tables(page: Page) -> None:
    pictures = PICTURE.findall(page.text)
    assert pictures or page.path.stem == "README"
    for first_day, tens, body in pictures:
        first = datetime.date.fromisoformat(first_day)
        days = [first + n * DAY for n in range(len(tens))]
        ones, *lines = body.splitlines()
        assert tens == "".join(str(day.day // 10) for day in days)
        assert ones == " " * LABEL + "".join(str(day.day % 10) for day in days)
        rows = drawn_rows(page)
        labels = [line[:LABEL].strip() for line in lines]
        persons = {rows[label][0] for label in labels if label in rows}
        for label, line in zip(labels, lines, strict=True):
            if label in rows:
                intervals = rows[label][1]
            else:
                section, quarter = label.split()
                intervals = [
                    (row["started_on"], row["ended_on"])
                    for row in page.expected["", SECTIONS[section]]
                    if row["follow_up_period"] == quarter
                    and row["personal_identity_code"] in persons
                ]
            shown = line[LABEL : LABEL + len(tens)]
            assert shown.rstrip() == bar(intervals, first, len(tens)).rstrip(), f"{label}: {line}"


def test_ids_and_names_stand_for_one_thing_each() -> None:
    keys = [
        (row["source_system"], row[TABLES[table]])
        for page in PARSED
        for table, rows in page.source.items()
        for row in rows
    ]
    assert [key for key, count in Counter(keys).items() if count > 1] == []
    assert [name for name, count in Counter(NAMES).items() if count > 1] == []


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in PAGES])
def test_pages_are_short_and_their_links_lead_somewhere(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 90
    assert [line for line in lines if len(line) > 130 and not line.startswith("|")] == []
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", "\n".join(lines))
    assert targets
    assert [target for target in targets if not (path.parent / target).exists()] == []
