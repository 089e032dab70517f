"""How long 100,000 violations take to become lists, beside a CSV file of the same lines.

`.venv/bin/python benchmarks/unit_lists.py` prints one line for docs/benchmarks.md.
"""

import csv
import datetime
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "scripts"))

import lists  # noqa: E402

ROWS = 100_000
SYSTEMS = 2
UNITS = 25
REPEATS = 3


def make_relations(connection: duckdb.DuckDBPyConnection) -> None:
    """Violations of every rule that is mended in a client's record: each is a line of its own."""
    for relation, path in (
        ("list_labels", "seeds/quality/list_labels.csv"),
        ("quality_catalogue", "seeds/quality/quality_rules.csv"),
    ):
        connection.execute(
            f"create table {relation} as from read_csv('{PROJECT / path}', all_varchar = true)"
        )
    connection.execute(f"""
        create table quality_violation_changes as
        with rules as (
            select *, row_number() over (order by rule_id) - 1 as rule_no,
                count(*) over () as rules
            from quality_catalogue
            where fault = 'entry'
        )
        select rule_id, severity, source_table, 'system_' || n % {SYSTEMS} as source_system,
            'row-' || n as row_id, 'client-' || n // 3 as client_id,
            case when rule_id = 'DE07' then '2025Q4' end as follow_up_period,
            columns as column_name, '2025-01-' || n % 28 + 1 as observed_value,
            'Perhepalvelut ' || n // {SYSTEMS} % {UNITS} as unit,
            if(n % 3 = 0, 'new', 'open') as status,
            if(n % 3 = 0, null, timestamp '2026-01-02 10:00:00') as first_listed_at
        from range({ROWS}) as numbers (n)
        inner join rules on rules.rule_no = n % rules.rules
    """)
    connection.execute(
        "create table quality_follow_ups as select *, null::varchar as client_rule_id"
        " from quality_violation_changes where false"
    )
    connection.execute(
        "create table stg_settings__units (source_system varchar, unit varchar, language varchar)"
    )
    connection.execute(
        "create table delivery_periods as select '2025Q4' as follow_up_period,"
        " date '2026-01-15' as extracted_on"
    )


def fastest(write: Callable[[Path], None], folder: Path) -> tuple[float, float]:
    """Seconds by the clock and of the processor, the least of a few runs."""
    walls, cpus = [], []
    for repeat in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        write(folder / f"{write.__name__}_{repeat}")
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


def main() -> None:
    with duckdb.connect() as connection, tempfile.TemporaryDirectory() as place:
        make_relations(connection)

        def workbooks(folder: Path) -> None:
            lists.write_lists(connection, folder, datetime.datetime(2026, 1, 20), "fi")

        def one_csv(folder: Path) -> None:
            lines = connection.execute("from list_lines order by list_no, place").fetchall()
            with folder.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(lines)

        ours = fastest(workbooks, Path(place))
        bare = fastest(one_csv, Path(place))
        print(
            f"| {ROWS:,} | {SYSTEMS * UNITS} | {ours[0]:.1f} | {ours[1]:.1f} | {bare[1]:.2f}"
            f" | {round(ours[1] / bare[1])} |"
        )


if __name__ == "__main__":
    main()
