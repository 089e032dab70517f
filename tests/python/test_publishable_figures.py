"""The analysts' figures against a plain reading of A4 and A5, and an attack on what is shown."""

import datetime
import hashlib
import random
import re
import shutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from figures_attack import Count, NoSuchTable, attack, bounds_of_small_rounded
from slow_figures import (
    MEASURES,
    Cell,
    Cells,
    Dimensions,
    Group,
    Period,
    Person,
    Quarter,
    publishable,
    quarterly_cells,
    rounded_cells,
)
from warehouse import run_dbt, write_extract

DAY = datetime.timedelta(days=1)
EXTRACTED_ON = datetime.date(2024, 8, 15)
QUARTERS = [
    Quarter("2023Q4", datetime.date(2023, 10, 1), datetime.date(2023, 12, 31), True),
    Quarter("2024Q1", datetime.date(2024, 1, 1), datetime.date(2024, 3, 31), True),
    Quarter("2024Q2", datetime.date(2024, 4, 1), datetime.date(2024, 6, 30), True),
    Quarter("2024Q3", datetime.date(2024, 7, 1), datetime.date(2024, 9, 30), False),
]
BASES = [5, 12]
CELLS = "int_quarterly_cells"
TABLE = "publishable_quarterly_figures"
KEYS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(40)]
LAWS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> dict[tuple[str, int], str]:
    """The models' SQL for each base, on relations without a schema."""
    found = {}
    for base in BASES:
        done = run_dbt(
            tmp_path_factory.mktemp("figures"),
            ["compile", "--select", CELLS, TABLE, "int_quarters_of_history"],
            {
                "small_count_base": base,
                "extracted_on": str(EXTRACTED_ON),
                "analytics_from": "2023Q4",
            },
            SOSDATA_DUCKDB_PATH=seeded,
        )
        assert done.success, done.exception
        for run in done.result.results:
            sql = re.sub(r'"sosdata"\."\w+"\.', "", run.node.compiled_code)
            found[run.node.name, base] = sql
    return found


@pytest.fixture(scope="module")
def engine(compiled: dict[tuple[str, int], str]) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    for statement in (
        "create table int_persons (person_id bigint, birth_date date,"
        " home_municipality_code text, sex_code text)",
        "create table int_person_keys (person_id bigint, person_key text)",
        "create table int_service_task_runs (organiser_code text, service_task_code text,"
        " person_id bigint, run_started_on date, run_ended_on date)",
        "create table stg_settings__age_groups as"
        " select age_group, age_from::int as age_from, age_to::int as age_to"
        " from read_csv('seeds/settings/age_groups.csv', header = true, all_varchar = true)",
        f"create table int_quarters_of_history as {compiled['int_quarters_of_history', 5]}",
        f"create view true_cells as {compiled[CELLS, 5]}",
        f"create table {CELLS} as from true_cells limit 0",
    ):
        connection.execute(statement)
    yield connection
    connection.close()


def load(engine: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    engine.execute(f"delete from {table}")
    if rows:
        columns = engine.execute(f"select * from {table} limit 0").description
        marks = ", ".join(f"unnest(?::{column[1]}[])" for column in columns)
        columns = [list(column) for column in zip(*rows, strict=True)]
        engine.execute(f"insert into {table} select {marks}", columns)


# Birthdays on, before and after the last days of quarters, and births after them.
BIRTHDAYS = [
    datetime.date(year, month, day)
    for year in (1938, 1999, 2006, 2016, 2017)
    for month, day in ((3, 31), (4, 1), (6, 30), (7, 1))
] + [datetime.date(2000, 2, 29), datetime.date(2024, 1, 1), datetime.date(2024, 7, 20)]
PERSONS = st.lists(
    st.tuples(
        st.sampled_from(BIRTHDAYS), st.sampled_from([None, "020"]), st.sampled_from([None, "1"])
    ),
    max_size=6,
)
# Gaps and lengths in days, one after the other: the periods of a person and task lie apart.
STEPS = st.lists(
    st.tuples(st.integers(2, 60), st.one_of(st.none(), st.integers(0, 150))), max_size=5
)


def periods_of(person_key: str, group: tuple[str, str], steps: list[tuple]) -> list[Period]:
    """Periods that lie apart, as they are in the extract; after an open one there is none."""
    periods, day = [], datetime.date(2023, 9, 1)
    for gap, length in steps:
        start = day + gap * DAY
        end = None if length is None else start + length * DAY
        periods.append(Period(*group, person_key, start, end))
        if end is None:
            break
        day = end
    return periods


def as_known(periods: list[Period]) -> list[Period]:
    """What had begun on the day of the extract, an end after it empty (A3)."""
    return [
        period._replace(ended_on=ended)
        for period in periods
        if period.started_on <= EXTRACTED_ON
        for ended in [
            period.ended_on if period.ended_on and period.ended_on <= EXTRACTED_ON else None
        ]
    ]


@LAWS
@given(drawn=PERSONS, data=st.data())
def test_figures_are_those_of_sets_of_persons(
    engine: duckdb.DuckDBPyConnection, drawn: list[tuple], data: st.DataObject
) -> None:
    persons = [Person(key, *person) for key, person in zip(KEYS, drawn, strict=False)]
    periods = [
        period
        for person in persons
        for group in (("county", "10"), ("county", "20"), ("city", "10"))
        for period in periods_of(person.person_key, group, data.draw(STEPS))
    ]
    load(engine, "int_persons", [(n, *person[1:]) for n, person in enumerate(persons)])
    load(engine, "int_person_keys", [(n, person[0]) for n, person in enumerate(persons)])
    load(
        engine,
        "int_service_task_runs",
        [(p[0], p[1], KEYS.index(p.person_key), *p[3:]) for p in periods],
    )
    rows = engine.execute(
        "select follow_up_period, organiser_code, service_task_code, home_municipality_code,"
        f" age_group, sex_code, {', '.join(MEASURES)}, median_days, smallest_person_key, is_over"
        " from true_cells"
    ).fetchall()
    found = {
        (Group(*row[:3]), Dimensions(*row[3:6])): Cell(row[6:10], row[10], row[11]) for row in rows
    }
    assert len(found) == len(rows)
    assert found == quarterly_cells(QUARTERS, persons, as_known(periods))
    over = {quarter.follow_up_period: quarter.is_over for quarter in QUARTERS}
    assert all(row[-1] is over[row[0]] for row in rows)


GROUPS = st.builds(
    Group,
    st.sampled_from(["2023Q4", "2024Q2", "2024Q3"]),
    st.just("county"),
    st.sampled_from(["10", "X-ELDERLY"]),
)
DIMENSIONS = st.builds(
    Dimensions,
    st.sampled_from(["020", "091", None]),
    st.sampled_from(["0-6", "85+", None]),
    st.sampled_from(["1", None]),
)
FIGURES = st.tuples(*[st.one_of(st.integers(0, 2), st.integers(0, 30))] * 4)
TABLES = st.dictionaries(st.tuples(GROUPS, DIMENSIONS), FIGURES, max_size=len(KEYS))


def with_keys(drawn: dict, seed: int) -> Cells:
    """Cells of any figures, each with a smallest key of its own."""
    keys = random.Random(seed).sample(KEYS, len(drawn))
    return {
        cell: Cell(figures, None, key)
        for (cell, figures), key in zip(drawn.items(), keys, strict=True)
    }


def published(
    engine: duckdb.DuckDBPyConnection, sql: str, cells: Cells, seed: int | None = None
) -> list[tuple]:
    """The table that the model makes of the cells, given in any order."""
    over = {quarter.follow_up_period: quarter.is_over for quarter in QUARTERS}
    columns = engine.execute(f"select * from {CELLS} limit 0").description
    rows = []
    for (group, dimensions), cell in cells.items():
        row = (
            group._asdict() | dimensions._asdict() | dict(zip(MEASURES, cell.figures, strict=True))
        )
        row |= {"smallest_person_key": cell.smallest_person_key, "median_days": cell.median_days}
        row |= {"is_over": over[group.follow_up_period]}
        rows.append(tuple(row[column[0]] for column in columns))
    if seed is not None:
        random.Random(seed).shuffle(rows)
    load(engine, CELLS, rows)
    return engine.execute(f"select * from ({sql}) order by all").fetchall()


@pytest.mark.parametrize("base", BASES)
@LAWS
@given(drawn=TABLES, seed=st.integers(0, 1000))
def test_published_table_is_that_of_the_specification(
    compiled: dict[tuple[str, int], str],
    engine: duckdb.DuckDBPyConnection,
    base: int,
    drawn: dict,
    seed: int,
) -> None:
    cells = with_keys(drawn, seed)
    rows = published(engine, compiled[TABLE, base], cells)
    table = {row[:6]: row[6:] for row in rows}
    assert len(table) == len(rows)
    assert table == publishable(cells, QUARTERS, base)
    assert published(engine, compiled[TABLE, base], cells, seed) == rows

    over = {quarter.follow_up_period for quarter in QUARTERS if quarter.is_over}
    assert {row[0] for row in rows} <= over
    assert all(figure % base == 0 for row in rows for figure in row[6:])
    assert all(any(row[6:]) for row in rows)
    for group in {group for group, _ in cells if group.follow_up_period in over}:
        for number in range(4):
            true = sum(cell.figures[number] for key, cell in cells.items() if key[0] == group)
            total = table.get((*group, "all", "all", "all"), (0, 0, 0, 0))[number]
            assert abs(total - true) < base
    for row in rows:
        inner = [
            figures
            for key, figures in table.items()
            if key[:3] == row[:3]
            and "all" not in key[3:]
            and all(name in ("all", own) for name, own in zip(row[3:6], key[3:], strict=True))
        ]
        assert row[6:] == tuple(map(sum, zip(*inner, strict=True)))


WRONG_GROUPS = {
    "has ages that another row has too": [("0-17", "0", "17"), ("17+", "17", None)],
    "begins where no other row ends": [("0-17", "0", "17"), ("19+", "19", None)],
    "begins where no other row ends: the ages before it": [("7+", "7", None)],
    "ends where no other row begins": [("0-17", "0", "17")],
    "ends before it begins": [("0-17", "17", "0")],
    "has the name that means all groups": [(" all", "0", None)],
    "has the name of another row": [("one", "0", "17"), ("one", "18", None)],
    "has an age that is no whole number": [("0-17", "0", "17"), ("18+", "18.", None)],
    "lacks a part": [("0-17", None, "17"), ("18+", "18", None)],
}


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(told, marks=[] if told.startswith("has ages") else pytest.mark.long)
        for told in WRONG_GROUPS
    ],
)
def test_age_groups_that_cannot_be_meant_are_named(tmp_path: Path, seeded: Path, told: str) -> None:
    shutil.copy(seeded, tmp_path / "sosdata.duckdb")
    with duckdb.connect(str(tmp_path / "sosdata.duckdb")) as connection:
        connection.execute("delete from age_groups")
        connection.executemany("insert into age_groups values (?, ?, ?)", WRONG_GROUPS[told])
    extract = write_extract(tmp_path / "extract", {})
    built = run_dbt(
        tmp_path, ["run", "--select", "stg_settings__age_groups"], SOSDATA_SOURCE_DIR=extract
    )
    messages = " ".join(str(result.message) for result in built.result.results)
    assert not built.success
    assert "age_groups.csv: the row " in messages and told in messages


def small_and_certain(
    tables: list[list[tuple[int, ...]]], base: int, **known: bool | Callable
) -> dict[tuple, int]:
    """Small counts that the attack is certain of, by quarter, cell and measure."""
    named = [[dict(zip(MEASURES, figures, strict=True)) for figures in cells] for cells in tables]
    return {tuple(c): n for c, n in attack(named, base, **known).items() if 0 < n < base}


def possible(figures: tuple[int, ...], base: int, **known: bool | Callable) -> dict[tuple, int]:
    """As small_and_certain, of a single cell; nothing where no true cell is published so."""
    try:
        return small_and_certain([[figures]], base, **known)
    except NoSuchTable:
        return {}


@pytest.mark.parametrize("base", [4, 5, 6, 7, 12])
def test_no_small_count_of_a_cell_is_certain(base: int) -> None:
    """All figures that a cell can show in a quarter."""
    for figures in product(range(0, 4 * base, base), repeat=4):
        assert possible(figures, base) == {}, figures


@pytest.mark.parametrize("base", [2, 3])
def test_a_base_below_4_would_tell(base: int) -> None:
    assert any(possible(figures, base) for figures in product(range(0, 4 * base, base), repeat=4))


def test_rounding_of_small_cells_alone_would_tell() -> None:
    """Of 10 clients 6 periods ended: at least 4 were there at the end, and 0 means at most 4."""
    shown = {"bounds": bounds_of_small_rounded}
    assert small_and_certain([[(10, 0, 6, 0)]], 5, **shown) == {(0, 0, "clients_at_end"): 4}
    assert small_and_certain([[(10, 0, 5, 0)]], 5) == {}


def drawn_history(
    draw: random.Random, cells: int, quarters: int, size: int
) -> list[list[tuple[int, int, int, int]]]:
    """True figures of cells whose persons stay in them, from quarter to quarter."""
    at_end = [draw.randrange(size + 1) for _ in range(cells)]
    history = []
    for _ in range(quarters):
        row = []
        for cell in range(cells):
            new = draw.choice([0, 0, 1, 2, draw.randrange(size // 2 + 1)])
            clients = at_end[cell] + new
            gone = sum(draw.random() < 0.2 for _ in range(clients))
            again = draw.random() < 0.1 and gone > 0
            at_end[cell] = clients - gone
            row.append((clients, new, gone + again, at_end[cell]))
        history.append(row)
    return history


def rounded_history(history: list[list[tuple]], base: int, seed: int) -> list[list[tuple]]:
    """What is published of it, by the reading that the SQL is compared with."""
    tables = []
    for number, row in enumerate(history):
        group = Group(f"{2000 + number}Q1", "county", "10")
        keys = [hashlib.sha256(f"{seed}|{cell}".encode()).hexdigest() for cell in range(len(row))]
        cells = {
            (group, Dimensions(str(cell), None, None)): Cell(figures, None, keys[cell])
            for cell, figures in enumerate(row)
        }
        tables.append([tuple(figures) for figures in rounded_cells(cells, base).values()])
    return tables


@pytest.mark.parametrize("knows_sums", [False, True])
def test_attack_claims_nothing_that_is_not_so_and_finds_nothing_in_drawn_histories(
    *, knows_sums: bool
) -> None:
    """Six quarters of groups of cells. What is certain is so, and none of it is a small count."""
    draw = random.Random(11)
    for seed in range(60):
        history = drawn_history(draw, cells=6, quarters=6, size=12)
        shown = rounded_history(history, 5, seed)
        named = [[dict(zip(MEASURES, figures, strict=True)) for figures in c] for c in shown]
        for count, number in attack(named, 5, knows_sums=knows_sums).items():
            assert history[count.quarter][count.cell][MEASURES.index(count.measure)] == number
            assert not 0 < number < 5, Count(*count)


# True figures, a base, and a table of them that tells, with what is small and certain in it.
FOUR = (4, 0, 0, 4)
RARE = {
    "three cells of one client, base 4: the sum of the clients is at most 3": (
        [[(1, 1, 0, 1), (1, 0, 0, 1), (1, 0, 1, 0)]],
        4,
        [[(0, 4, 0, 0), (0, 0, 0, 4), (0, 0, 4, 0)]],
        {(0, cell, "clients"): 1 for cell in range(3)} | {(0, 0, "clients_new"): 1},
    ),
    "four cells, base 5: twice at least two ended, and the sum is at most 4": (
        [[(6, 0, 2, 4), (6, 0, 2, 4), FOUR, (1, 0, 0, 1)]],
        5,
        [[(10, 0, 0, 0), (10, 0, 0, 0), (0, 0, 0, 5), (0, 0, 0, 5)]],
        {(0, cell, "periods_ended"): 2 for cell in range(2)},
    ),
    "one cell in three quarters, base 4": (
        [[(3, 0, 0, 3)], [(6, 3, 0, 6)], [(9, 3, 0, 9)]],
        4,
        [[(4, 0, 0, 0)], [(8, 0, 0, 8)], [(12, 0, 0, 12)]],
        {(quarter, 0, "clients_new"): 3 for quarter in (1, 2)},
    ),
    "one cell in four quarters, base 5": (
        [[FOUR], [(8, 4, 0, 8)], [(12, 4, 0, 12)], [(16, 4, 0, 16)]],
        5,
        [[(5, 0, 0, 0)], [(10, 0, 0, 10)], [(15, 0, 0, 15)], [(20, 0, 0, 20)]],
        {(quarter, 0, "clients_new"): 4 for quarter in (1, 2, 3)},
    ),
}


@pytest.mark.parametrize("rare", RARE)
def test_rare_tables_tell_what_docs_say_they_do(rare: str) -> None:
    """Not safe in every case: small groups, or quarters that are all rounded the farthest way."""
    history, base, shown, expected = RARE[rare]
    found = small_and_certain(shown, base, knows_sums=True)
    assert expected.items() <= found.items()
    for (quarter, cell, measure), number in found.items():
        assert history[quarter][cell][MEASURES.index(measure)] == number
    # The method makes each quarter's figures, one measure at a time: they are ordered apart.
    made = [rounded_history(history, base, seed) for seed in range(1000)]
    for quarter, measure in product(range(len(history)), range(4)):
        wanted = [figures[measure] for figures in shown[quarter]]
        assert wanted in ([figures[measure] for figures in one[quarter]] for one in made)
