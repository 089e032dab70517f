"""Wall time and peak memory of a build, and section II's derivation as a ratio to its floor.

The floor is what any derivation must do: read the cases, sort them and write them, on the same
engine in the same run. Figures are printed and stay out of the tests.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import duckdb
import psutil

PROJECT = Path(__file__).resolve().parent.parent
PERSONS_OF_A_COUNTY = 150_000
BUILD_VARS = {
    "follow_up_periods": ["2025Q4"],
    "organiser_code": "1.2.246.10.32213086.10.0",
    "extracted_on": "2026-01-15",
}
REPEATS = 5


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds and peak memory in bytes of a command with its children."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=PROJECT, env=os.environ | environment, stdout=subprocess.DEVNULL
    )
    peak = 0
    cpu = 0.0

    def watch() -> None:
        nonlocal peak, cpu
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                family = [watched, *watched.children(recursive=True)]
                peak = max(peak, sum(member.memory_info().rss for member in family))
                used = watched.cpu_times()
                cpu = used.user + used.system
            except psutil.Error:
                return
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"benchmark: {' '.join(map(str, command[:3]))} failed")
    return time.perf_counter() - started, cpu, peak


def fastest(connection: duckdb.DuckDBPyConnection, select: str) -> float:
    """The fastest of a few runs that write the rows of a select into a table."""
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        connection.execute(f"create or replace temp table measured as {select}")
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def derivation_and_floor(database: Path, target: Path) -> tuple[float, float, int]:
    """Seconds of section II's merging and of its floor, and the number of cases."""
    manifest = json.loads((target / "manifest.json").read_text())
    model = manifest["nodes"]["model.sosdata.int_service_task_periods"]
    source = f'"{database.stem}"."main"."int_cases__intervals"'
    with duckdb.connect(str(database)) as connection:
        connection.execute("create temp table cases_open as from int_cases__intervals")
        derivation = fastest(connection, model["compiled_code"].replace(source, "cases_open"))
        columns = "organiser_code, person_id, service_task_code, started_on"
        floor = fastest(
            connection, f"select {columns}, ended_on from cases_open order by {columns}"
        )
        (cases,) = connection.execute("select count(*) from cases_open").fetchone()
    return derivation, floor, cases


def benchmark(scale: float, folder: Path) -> None:
    extract, database, target = folder / "extract", folder / "sosdata.duckdb", folder / "target"
    persons = round(PERSONS_OF_A_COUNTY * scale)
    generator = [sys.executable, PROJECT / "scripts" / "demo_extract.py", "--out", extract]
    timed([*generator, "--persons", str(persons), "--format", "parquet"], {})
    environment = {
        "SOSDATA_SOURCE_DIR": str(extract),
        "SOSDATA_DUCKDB_PATH": str(database),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    dbt = Path(sys.executable).parent / "dbt"
    wall, cpu, peak = timed([dbt, "build", "--vars", json.dumps(BUILD_VARS)], environment)
    derivation, floor, cases = derivation_and_floor(database, target)
    nodes = json.loads((target / "run_results.json").read_text())["results"]
    slowest = sorted(nodes, key=lambda node: -node["execution_time"])[:5]
    print(f"machine          {os.cpu_count()} cores, {platform.machine()}, {platform.system()}")
    print(f"extract          {persons} persons, Parquet")
    print(
        f"dbt build        {wall:.1f} s wall, {cpu:.1f} s CPU, {peak / 2**30:.2f} GiB at its peak"
    )
    print(f"section II       {derivation:.2f} s for {cases} cases, {derivation / floor:.2f} times")
    print(f"its floor        {floor:.2f} s to read, sort and write the same rows")
    print("slowest nodes")
    for node in slowest:
        print(f"  {node['execution_time']:6.1f} s  {node['unique_id']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1, help="1 = a county of 150,000 persons")
    arguments = parser.parse_args()
    os.umask(0o077)
    folder = Path(tempfile.mkdtemp(prefix="sosdata-benchmark-"))
    try:
        benchmark(arguments.scale, folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
