"""Builds the project for tests: through dbt, or by running the SQL that dbt compiled.

A build through dbt takes seconds, most of them dbt's own. Tests that need hundreds of builds let
dbt load the seeds and compile the models once, and then run the compiled SQL, in dbt's order, on
one extract after the other.
"""

import csv
import io
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import duckdb
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult

PROJECT = Path(__file__).resolve().parents[2]
TABLES = {
    "clients": "client_id",
    "cases": "case_id",
    "child_protection_relationships": "relationship_id",
    "decisions": "decision_id",
    "services_received": "record_id",
    "identity_changes": "change_id",
}
SOURCES = yaml.safe_load(
    (PROJECT / "models/staging/extract/_extract__sources.yml").read_text(encoding="utf-8")
)
COLUMNS = {
    table["name"]: [column["name"] for column in table["columns"]]
    for table in SOURCES["sources"][0]["tables"]
}
# The end of the schema of each mart; everything else lies in the target's own.
ROOMS = {path.stem: f"_{path.parent.name}" for path in sorted(PROJECT.glob("models/marts/*/*.sql"))}


def schema_of(relation: str, own: str) -> str:
    """The schema of a relation of a target whose own schema is `own` (section 7)."""
    return own + ROOMS.get(relation, "")


def find_by_name(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Lets relations of a build be named without their schemas, as all names are unique."""
    found = connection.execute(
        "select distinct schema_name from duckdb_schemas() where database_name = current_database()"
        " and starts_with(schema_name, 'main_') order by 1"
    ).fetchall()
    path = ",".join(["main", *(schema for (schema,) in found)])
    connection.execute(f"set search_path = '{path}'")
    return connection


def run_dbt(
    folder: Path, command: list[str], dbt_vars: dict | None = None, **environment: str | Path | None
) -> dbtRunnerResult:
    """dbt in this process, with everything that it writes under `folder`; gives its result.

    An environment variable of None is unset.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(PROJECT / "profiles.yml.example", folder / "profiles.yml")
    places = {
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "SOSDATA_DUCKDB_PATH": str(folder / "sosdata.duckdb"),
        "SOSDATA_RECORD_PATH": str(folder / "delivery_record.duckdb"),
        # Without one, dbt would take the demo's extract and seeds.
        "SOSDATA_SOURCE_DIR": str(folder / "extract"),
    }
    here = ["--profiles-dir", str(folder)]
    if "--project-dir" not in command:
        here += ["--project-dir", str(PROJECT)]
    given = places | environment
    with mock.patch.dict(os.environ, {k: str(v) for k, v in given.items() if v is not None}):
        for name in (name for name, value in given.items() if value is None):
            os.environ.pop(name, None)
        result = dbtRunner().invoke(
            ["--quiet", *command, *here, "--vars", json.dumps(dbt_vars or {})]
        )
        DuckDBConnectionManager.close_all_connections()
    return result


def stopped_by(
    folder: Path, dbt_vars: dict | None = None, **environment: str | Path | None
) -> str | None:
    """What stops dbt before it builds a model, or None."""
    chosen = {"organiser_code": "1.2.246.10.32213086.10.0"} | (dbt_vars or {})
    result = run_dbt(folder, ["run", "--select", "int_follow_up_periods"], chosen, **environment)
    return None if result.success else str(result.exception)


def write_extract(folder: Path, tables: dict[str, list[dict]], line_end: str = "\n") -> Path:
    """The extract as CSV files of the source contract."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, columns in COLUMNS.items():
        rows = [[row.get(column) for column in columns] for row in tables.get(table, [])]
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            file.writelines(csv_line(row) + line_end for row in [columns, *rows])
    return folder


def csv_line(cells: list) -> str:
    """One row without its line end; a cell with LF or CR is quoted, whatever the line ends are."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n")


def read_seeds() -> dict[str, list[dict]]:
    """All seeds of the project, as csv.DictReader gives them."""
    seeds = {}
    for path in sorted((PROJECT / "seeds").rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            seeds[path.stem] = list(csv.DictReader(file))
    return seeds


@dataclass
class Compiled:
    """The project's SQL for one choice of vars, and a database with its seeds loaded."""

    connection: duckdb.DuckDBPyConnection
    models: list[tuple[str, str, str]]  # relation, SQL, materialization
    tests: list[tuple[str, str]]  # name, SQL that returns no rows where the data is right

    def build(self, tables: dict[str, list[dict]]) -> None:
        """Runs every model on an extract."""
        for table, columns in COLUMNS.items():
            source = f"loaded_extract.{table}"
            self.connection.execute(f"delete from {source}")
            rows = [[row.get(column) for column in columns] for row in tables.get(table, [])]
            if rows:
                marks = ", ".join("?" for _ in columns)
                self.connection.executemany(f"insert into {source} values ({marks})", rows)
        for relation, sql, materialized in self.models:
            self.connection.execute(f"create or replace {materialized} {relation} as {sql}")

    def rows(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()

    def failing_tests(self) -> list[str]:
        return [name for name, sql in self.tests if self.rows(f"select 1 from ({sql}) limit 1")]


def set_pads(connection: duckdb.DuckDBPyConnection, salt: str) -> None:
    """Gives a session what the SQL hashes persons with: the two pads of HMAC-SHA-256, as hex.

    In a build the project does it itself, on dbt's own connection. No key of a test is longer than
    a block of 64 bytes.
    """
    key = salt.encode().ljust(64, b"\0")
    for name, byte in (("inner", 0x36), ("outer", 0x5C)):
        pad = bytes(own ^ byte for own in key).hex()
        connection.execute(f"set variable sosdata_{name}_pad = '{pad}'")


def compile_project(
    folder: Path,
    seeded: Path,
    dbt_vars: dict,
    more_seed_rows: dict | None = None,
    **environment: str | Path | None,
) -> Compiled:
    """Lets dbt compile the models for the vars, over a copy of a database with the seeds loaded.

    With SOSDATA_PSEUDONYM_SALT in the environment the analysts' marts are among them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(seeded, folder / "sosdata.duckdb")
    compiled = run_dbt(folder, ["compile"], dbt_vars, **environment)
    assert compiled.success, compiled.exception
    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    connection = duckdb.connect(str(folder / "sosdata.duckdb"))
    for room in set(ROOMS.values()):
        connection.execute(f"create schema if not exists main{room}")
    find_by_name(connection)
    if salt := environment.get("SOSDATA_PSEUDONYM_SALT"):
        set_pads(connection, str(salt))
    for seed, rows in (more_seed_rows or {}).items():
        for row in rows:
            given = {column: value or None for column, value in row.items()}
            marks = ", ".join("?" for _ in given)
            connection.execute(
                f"insert into {seed} ({', '.join(given)}) values ({marks})", [*given.values()]
            )
    return Compiled(connection, ordered_models(manifest), data_tests(manifest))


def load_seeds(folder: Path) -> Path:
    """A database in which dbt has loaded the seeds and the tables of an extract without rows."""
    extract = write_extract(folder / "extract", {})
    loaded = run_dbt(folder, ["seed"], SOSDATA_SOURCE_DIR=extract)
    assert loaded.success, loaded.exception
    return folder / "sosdata.duckdb"


def ordered_models(manifest: dict) -> list[tuple[str, str, str]]:
    """Models in an order in which each stands after what it reads."""
    models = {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }
    ordered: list[str] = []
    while len(ordered) < len(models):
        for key, node in models.items():
            parents = [parent for parent in node["depends_on"]["nodes"] if parent in models]
            if key not in ordered and all(parent in ordered for parent in parents):
                ordered.append(key)
    return [
        (node["relation_name"], node["compiled_code"], node["config"]["materialized"])
        for node in map(models.get, ordered)
    ]


def data_tests(manifest: dict) -> list[tuple[str, str]]:
    """Data tests that fail a build; the rejected share is a matter of each extract."""
    return [
        (node["name"], node["compiled_code"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and node["config"]["severity"].lower() == "error"
        and node["name"] != "rejected_share"
    ]
