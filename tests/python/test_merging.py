"""The period macro against a count of days in plain Python (S-II, P3, P4)."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from warehouse import run_dbt

DAY = datetime.timedelta(days=1)
FIRST = datetime.date(2024, 3, 20)  # around the end of 2024Q1, so that cases open after it too
LAST_OF_QUARTER = datetime.date(2024, 3, 31)
HORIZON = FIRST + 60 * DAY  # later than any day that the strategy draws
GAPS = [0, 1, 2, 7]

Intervals = list[tuple]
# One draw holds many sets, each under a key of its own: a query costs more than the count.
INTERVAL = st.tuples(st.integers(0, 25), st.one_of(st.none(), st.integers(-1, 12)))
SETS = st.lists(st.lists(INTERVAL, max_size=8), min_size=1, max_size=40)


def counted_periods(intervals: Intervals, gap: int, last_day: datetime.date) -> list[tuple]:
    """Marks every open day, and parts the days where all is closed for longer than the gap."""
    periods = []
    for key in sorted({interval[0] for interval in intervals}):
        seen = [
            (start, end or HORIZON)
            for k, start, end in intervals
            if k == key and start <= last_day and (end is None or end >= start)
        ]
        open_days = {start + n * DAY for start, end in seen for n in range((end - start).days + 1)}
        stretches = []
        for day in sorted(open_days):
            if stretches and goes_on(seen, stretches[-1][1], day, gap):
                stretches[-1][1] = day
            else:
                stretches.append([day, day])
        periods += [(key, start, None if end > last_day else end) for start, end in stretches]
    return periods


def goes_on(seen: Intervals, previous: datetime.date, day: datetime.date, gap: int) -> bool:
    """Whether some interval holds the night after the day before, or the gap bridges it."""
    holds_the_night = any(start <= previous < end for start, end in seen)
    return holds_the_night or (day - previous).days <= gap


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> list[str]:
    """The macros as dbt renders them: runs for each gap, their ends, the choice of periods."""
    macros = [f"sosdata.in_runs('intervals', ['key'], {gap})" for gap in GAPS]
    macros.append("sosdata.runs('in_runs', ['key'])")
    macros.append("sosdata.periods_in_follow_up_periods('runs', ['key'])")
    inline = "-- next --".join("{{ " + macro + " }}" for macro in macros)
    done = run_dbt(
        tmp_path_factory.mktemp("merge"),
        ["compile", "--inline", inline],
        SOSDATA_DUCKDB_PATH=seeded,
    )
    assert done.success, done.exception
    (node,) = (run.node for run in done.result.results)
    return node.compiled_code.split("-- next --")


@pytest.fixture(scope="module")
def merge_sql(rendered: list[str]) -> dict[int, str]:
    *in_runs, runs, _ = rendered
    merged = [f"with in_runs as ({found}) {runs}" for found in in_runs]
    return dict(zip(GAPS, merged, strict=True))


@pytest.fixture(scope="module")
def seen_sql(rendered: list[str]) -> str:
    return rendered[-1].replace('"sosdata"."main"."int_follow_up_periods"', "follow_up_periods")


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("create table intervals (key integer, started_on date, ended_on date)")
    connection.execute(
        "create table follow_up_periods as select '2024Q1' as follow_up_period,"
        " date '2024-01-01' as started_on, date '2024-03-31' as ended_on"
    )
    yield connection
    connection.close()


def as_dates(sets: list) -> list[tuple]:
    return [
        (key, FIRST + start * DAY, None if length is None else FIRST + (start + length) * DAY)
        for key, intervals in enumerate(sets)
        for start, length in intervals
    ]


def load(engine: duckdb.DuckDBPyConnection, intervals: Intervals) -> None:
    engine.execute("delete from intervals")
    if intervals:
        columns = [list(column) for column in zip(*intervals, strict=True)]
        engine.execute(
            "insert into intervals"
            " select unnest(?::integer[]), unnest(?::date[]), unnest(?::date[])",
            columns,
        )


LAWS = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("gap", GAPS)
@LAWS
@given(drawn=SETS)
@example(drawn=[[(0, 10), (2, 1), (10, 3), (14, 0)]])  # nested, same day, next day
@example(drawn=[[(3, None), (20, 1)], [(5, 0), (5, 0)]])  # open, doubled one-day
@example(drawn=[[(0, 10), (13, 2)]])  # opens within the gap, but after the quarter
def test_periods_of_the_quarter_agree_with_a_count_of_days(
    merge_sql: dict[int, str],
    seen_sql: str,
    engine: duckdb.DuckDBPyConnection,
    gap: int,
    drawn: list,
) -> None:
    intervals = as_dates(drawn)
    load(engine, intervals)
    engine.execute(f"create or replace temp view runs as {merge_sql[gap]}")
    found = engine.execute(
        f"select key, started_on, ended_on from ({seen_sql}) order by 1, 2"
    ).fetchall()
    expected = [
        period
        for period in counted_periods(intervals, gap, LAST_OF_QUARTER)
        if period[1] <= LAST_OF_QUARTER
    ]
    assert found == expected


@LAWS
@given(drawn=SETS)
def test_runs_agree_with_a_count_of_days(
    merge_sql: dict[int, str], engine: duckdb.DuckDBPyConnection, drawn: list
) -> None:
    intervals = as_dates(drawn)
    load(engine, intervals)
    found = engine.execute(
        f"select key, run_started_on, run_ended_on from ({merge_sql[0]}) order by 1, 2"
    ).fetchall()
    assert found == counted_periods(intervals, 0, HORIZON - DAY)
