"""The delivery record (F2): what was delivered and listed, which is only ever added to.

On DuckDB it is a file of its own, on other engines a schema of the target's database. Its relations
are those of `_record__sources.yml`. Statements pass dbt by: its log would quote them.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

import duckdb
from dbt.adapters.exceptions import FailedToConnectError
from dbt.adapters.factory import get_adapter_by_type
from dbt.adapters.sql import SQLAdapter
from dbt.contracts.graph.manifest import Manifest
from dbt_common.exceptions import DbtRuntimeError

from built_relations import ROWS_AT_ONCE, reason, sync, why_not_opened, workplace

# How long a second freeze waits for the first (seconds).
PATIENCE = 10.0
# As many rows as a statement of another engine holds.
ROWS_OF_A_STATEMENT = 1_000
Tables = dict[str, dict[str, str]]


class NotRecorded(Exception):
    """The record could not be read or written; the text says why."""


class Record:
    """An open record. What is missing of it has no rows; the first append makes it."""

    def __init__(self, place: str, tables: Tables) -> None:
        self.place = place
        self.tables = tables

    def rows(self, name: str, columns: Sequence[str], where: str = "true") -> list[tuple]:
        """Rows of a relation; a column that an older version did not have is empty."""
        there = self._columns(name)
        if not there:
            return []
        chosen = ", ".join(
            c if c in there else f"cast(null as {self._type(name, c)})" for c in columns
        )
        return self._select(f"select {chosen} from {self._relation(name)} where {where}")

    def append(self, name: str, columns: Sequence[str], rows: Iterable[Sequence]) -> None:
        """Adds rows to a relation; they last from commit() on, or at once where nothing commits."""
        raise NotImplementedError

    def commit(self) -> None:
        """Makes what was appended last, in one step where the engine can."""
        raise NotImplementedError

    def _columns(self, name: str) -> list[str]:
        raise NotImplementedError

    def _relation(self, name: str) -> str:
        raise NotImplementedError

    def _select(self, query: str) -> list[tuple]:
        raise NotImplementedError

    def _type(self, name: str, column: str) -> str:
        return self.tables[name][column]

    def _missing(self) -> Iterator[str]:
        """Statements that make what is missing of the relations."""
        for name, types in self.tables.items():
            there = self._columns(name)
            relation = self._relation(name)
            if not there:
                columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
                yield f"create table {relation} ({columns})"
                continue
            for column in [column for column in types if column not in there]:
                yield f"alter table {relation} add column {column} {types[column]}"


class FileRecord(Record):
    """The record as a file of DuckDB, which lets one program write, and none read meanwhile."""

    def __init__(self, path: Path, tables: Tables, *, is_written: bool) -> None:
        super().__init__(str(path), tables)
        self.path = path
        self.is_written = is_written
        self.is_begun = False
        self.connection = self._opened() if path.exists() else None
        if self.connection:
            self._stop_on_another_database()

    def append(self, name: str, columns: Sequence[str], rows: Iterable[Sequence]) -> None:
        with self._no_cell_in_errors():
            self._begin()
            assert self.connection
            given = ", ".join("unnest(?)" for _ in columns)
            statement = f"insert into {name} ({', '.join(columns)}) select {given}"
            for some in in_batches(rows, ROWS_AT_ONCE):
                self.connection.execute(statement, [list(c) for c in zip(*some, strict=True)])

    def commit(self) -> None:
        with self._no_cell_in_errors():
            assert self.connection
            self.connection.execute("commit")
            self.is_begun = False

    def close(self) -> None:
        """What was not committed is forgotten."""
        if self.connection:
            with suppress(duckdb.Error):
                if self.is_begun:
                    self.connection.execute("rollback")
            self.connection.close()

    def _begin(self) -> None:
        if self.is_begun:
            return
        if not self.connection:
            self._make_file()
            self.connection = self._opened()
            # Somebody may have come between the file and its opening.
            if self.rows("deliveries", ["freeze_id"]):
                raise NotRecorded(f"another freeze into {self.path} came first; run this again.")
        self.connection.execute("begin")
        self.is_begun = True
        for statement in self._missing():
            self.connection.execute(statement)

    def _make_file(self) -> None:
        """Under another name, and in place only if nobody else has made it meanwhile."""
        with workplace(self.path.parent, f".{self.path.name}.unfinished-") as folder:
            file = folder / "record"
            with duckdb.connect(str(file)) as connection:
                for name, types in self.tables.items():
                    columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
                    connection.execute(f"create table {name} ({columns})")
            file.chmod(0o600)
            sync(file)
            with suppress(FileExistsError):
                os.link(file, self.path)
            sync(self.path.parent)

    def _opened(self) -> duckdb.DuckDBPyConnection:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return duckdb.connect(
                    str(self.path),
                    read_only=not self.is_written,
                    config={"autoinstall_known_extensions": "false"},
                )
            except (duckdb.Error, OSError) as error:
                if "Could not set lock" not in str(error) or time.monotonic() > until:
                    raise NotRecorded(self._why_not(error)) from error
            time.sleep(0.1)

    def _stop_on_another_database(self) -> None:
        """Rows of persons never get into a database that others may read."""
        tables = self._select("select table_name from duckdb_tables()")
        if tables and ("deliveries",) not in tables:
            self.close()
            raise NotRecorded(
                f"{self.path} is a database of something else, no delivery record; mend"
                " SOSDATA_RECORD_PATH."
            )

    def _why_not(self, error: Exception) -> str:
        return why_not_opened(
            self.path,
            error,
            "the delivery record",
            "SOSDATA_RECORD_PATH",
            "look for its last copy and for what damaged it",
        )

    @contextmanager
    def _no_cell_in_errors(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.Error, OSError) as error:
            raise NotRecorded(
                f"the delivery record {self.path} could not be written ({reason(error)}, and run"
                " this again)."
            ) from error

    def _columns(self, name: str) -> list[str]:
        query = f"select column_name from duckdb_columns() where table_name = '{name}'"
        return [column for (column,) in self._select(query)]

    def _relation(self, name: str) -> str:
        return name

    def _select(self, query: str) -> list[tuple]:
        if not self.connection:
            return []
        try:
            return self.connection.execute(query).fetchall()
        except duckdb.Error as error:
            raise NotRecorded(self._why_not(error)) from error


class WarehouseRecord(Record):
    """The record as a schema of the target's database."""

    def __init__(self, adapter: SQLAdapter, schema: str, tables: Tables) -> None:
        super().__init__(f"{adapter.config.credentials.type}, schema {schema}", tables)
        self.adapter = adapter
        self.schema = schema
        self.kind = adapter.config.credentials.type
        self.is_begun = False

    def append(self, name: str, columns: Sequence[str], rows: Iterable[Sequence]) -> None:
        if not self.is_begun:
            self._begin()
        types = [self._type(name, column) for column in columns]
        into = f"insert into {self._relation(name)} ({', '.join(columns)}) values "
        for some in in_batches(rows, ROWS_OF_A_STATEMENT):
            values = (
                "(" + ", ".join(self._literal(*cell) for cell in zip(row, types, strict=True)) + ")"
                for row in some
            )
            self._execute(into + ", ".join(values))

    def commit(self) -> None:
        handle = self._handle()
        if hasattr(handle, "commit"):
            handle.commit()
        self.is_begun = False

    def lock(self) -> None:
        """One freeze at a time, where the engine can; it ends with the connection."""
        if self.kind != "postgres":
            return
        until = time.monotonic() + PATIENCE
        key = f"hashtext('sosdata delivery record'), hashtext('{self.schema}')"
        while not self._select(f"select pg_try_advisory_lock({key})")[0][0]:
            if time.monotonic() > until:
                raise NotRecorded(
                    f"another freeze is writing to the delivery record ({self.place}); wait until"
                    " it has ended and run this again."
                )
            time.sleep(0.1)

    def close(self) -> None:
        """What was not committed is forgotten, where the engine can."""
        if self.is_begun:
            self._handle().rollback()

    def _begin(self) -> None:
        self.is_begun = True
        self._execute(f"create schema if not exists {self.schema}")
        for statement in self._missing():
            self._execute(statement)

    def _columns(self, name: str) -> list[str]:
        # Asked of the engine: what dbt knows of the schema may be older.
        if self.kind == "postgres":
            found = self._select(
                "select column_name from information_schema.columns where"
                f" table_schema = '{self.schema}' and table_name = '{name}'"
            )
            return [column for (column,) in found]
        if not self._select(f"show schemas like '{self.schema}'"):
            return []
        if not self._select(f"show tables in {self.schema} like '{name}'"):
            return []
        return [row[0] for row in self._select(f"show columns in {self._relation(name)}")]

    def _relation(self, name: str) -> str:
        return f"{self.schema}.{name}"

    def _select(self, query: str) -> list[tuple]:
        return [tuple(row) for row in self._execute(query).fetchall()]

    def _execute(self, statement: str):  # noqa: ANN202 (each driver has a class of its own)
        try:
            cursor = self._handle().cursor()
            cursor.execute(statement)
        # What drivers raise has no class in common, and their words may quote a row.
        except Exception as error:
            raise NotRecorded(
                f"the delivery record ({self.place}) could not be read or written"
                f" ({type(error).__name__}): look whether the account of the profile may read and"
                " write it, and run this again."
            ) from None
        return cursor

    def _handle(self):  # noqa: ANN202
        return self.adapter.connections.get_thread_connection().handle

    def _literal(self, cell: object, kind: str) -> str:
        if cell is None:
            return "null"
        if isinstance(cell, bool | int):
            return str(cell).lower()
        if kind not in ("text", "string"):
            return f"cast('{cell}' as {kind})"
        text = str(cell)
        if self.kind != "postgres":
            text = text.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{text}'"
        return "'" + text.replace("'", "''") + "'"


@contextmanager
def open_record(manifest: Manifest, path: Path, *, to_write: bool = False) -> Iterator[Record]:
    """The record of the target; `path` is its file on DuckDB. Raises NotRecorded.

    To write, it is locked until the end. What is not committed then is forgotten.
    """
    if manifest.metadata.adapter_type == "duckdb":
        stop_on_wrong_path(path)
        record = FileRecord(path, described(manifest, {"string": "text"}), is_written=to_write)
        try:
            yield record
        finally:
            record.close()
        return
    adapter = get_adapter_by_type(manifest.metadata.adapter_type)
    words = {"string": "text"} if adapter.config.credentials.type == "postgres" else {}
    words |= {} if "text" in words.values() else {"timestamp": "timestamp_ntz"}
    schema = next(s.schema for s in manifest.sources.values() if is_of_record(s))
    try:
        with adapter.connection_named("delivery_record"):
            warehouse = WarehouseRecord(adapter, schema, described(manifest, words))
            if to_write:
                warehouse.lock()
            try:
                yield warehouse
            finally:
                warehouse.close()
    except (FailedToConnectError, DbtRuntimeError) as error:
        raise NotRecorded("the target's server cannot be reached; look at its profile.") from error


def described(manifest: Manifest, words: dict[str, str]) -> Tables:
    """The relations of the record with their columns and types, in the engine's words."""
    return {
        source.name: {
            column.name: words.get(str(column.data_type), str(column.data_type))
            for column in source.columns.values()
        }
        for source in manifest.sources.values()
        if is_of_record(source)
    }


def in_batches(rows: Iterable[Sequence], size: int) -> Iterator[list[Sequence]]:
    """The rows in lists of at most so many."""
    left = iter(rows)
    while some := list(islice(left, size)):
        yield some


def is_of_record(source) -> bool:  # noqa: ANN001
    return source.source_name == "record" and source.package_name == "sosdata"


def stop_on_wrong_path(path: Path) -> None:
    """What the engine would take for something else, or only stumble over."""
    if re.search("[?#%;'\"\\\\]", str(path)):
        raise NotRecorded(
            "SOSDATA_RECORD_PATH holds ?, #, %, a semicolon, a quotation mark or a backslash:"
            " choose another name."
        )
    if path.is_dir():
        raise NotRecorded(f"{path} is a folder, no delivery record; mend SOSDATA_RECORD_PATH.")
    if not path.parent.is_dir():
        raise NotRecorded(
            f"the folder {path.parent} of the delivery record does not exist: make it, or mend"
            " SOSDATA_RECORD_PATH."
        )
