"""The relations of the last build under their own names, whatever engine built them."""

import csv
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from dbt.adapters.exceptions import FailedToConnectError
from dbt.adapters.factory import get_adapter_by_type
from dbt.cli.main import dbtRunner
from dbt_common.exceptions import DbtRuntimeError

SMALL = (
    "delivery_note",
    "delivery_provisional_codes",
    "int_follow_up_periods",
    "quality_reconciliation",
    "quality_rule_results",
    "quality_rules",
)
# As csv.writer writes them; nothing is left to be guessed, and no cell is too long.
AS_WRITTEN = (
    "header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"',"
    " new_line = '\\r\\n', parallel = false, max_line_size = 20000000"
)
NOT_WHOLE = (
    "the last build did not run whole and pass (one by --select, --exclude or --selector is one in"
    " part); run `dbt build` again."
)


class NoBuild(Exception):
    """There is nothing to read; the text says why."""


@contextmanager
def open_built(sections: list[str]) -> Iterator[tuple]:
    """The connection, and where the relations are, in words. Raises NoBuild.

    DuckDB's database is read where it stands; the relations of other engines are copied.
    """
    parsed = dbtRunner().invoke(["--quiet", "parse"])
    if not parsed.success:
        raise NoBuild(f"the project cannot be read; run `dbt parse`. {parsed.exception or ''}")
    nodes = {
        node.name: node
        for node in parsed.result.nodes.values()
        if node.resource_type in ("model", "seed")
    }
    names = {name: nodes[name].relation_name for name in (*SMALL, *sections)}
    adapter = get_adapter_by_type(parsed.result.metadata.adapter_type)
    credentials = adapter.config.credentials
    names["build_outcome"] = adapter.Relation.create(
        credentials.database, credentials.schema, "build_outcome"
    ).render()
    if credentials.type == "duckdb":
        with _duckdb(Path(credentials.path), names) as connection:
            yield connection, str(Path(credentials.path).resolve())
    else:
        with _copied(adapter, nodes, names, sections) as connection:
            yield connection, f"{credentials.type}, schema {credentials.schema}"


@contextmanager
def _duckdb(path: Path, names: dict[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    if not path.exists():
        raise NoBuild(f"there is no database {path.resolve()}; build it first.")
    connection = duckdb.connect(str(path), read_only=True)
    try:
        for name, relation in names.items():
            try:
                connection.execute(f"create temp view {name} as select * from {relation}")
            except duckdb.CatalogException as missing:
                raise NoBuild(NOT_WHOLE) from missing
        yield connection
    finally:
        connection.close()


@contextmanager
def _copied(adapter, nodes: dict, names: dict[str, str], sections: list[str]):
    workplace = Path(tempfile.mkdtemp(prefix="sosdata-"))
    connection = duckdb.connect(str(workplace / "copy.duckdb"))
    try:
        with adapter.connection_named("read_built_relations"):
            for name in ("build_outcome", *SMALL):
                _copy(adapter, connection, workplace, name, names[name], nodes.get(name))
            for section in sections:
                _copy(
                    adapter,
                    connection,
                    workplace,
                    section,
                    f"{names[section]} where false",
                    nodes[section],
                )
            periods = connection.execute("select follow_up_period from int_follow_up_periods")
            for (period,) in periods.fetchall():
                for section in sections:
                    rows = f"{names[section]} where follow_up_period = '{period}'"
                    _copy(adapter, connection, workplace, section, rows, nodes[section])
        yield connection
    finally:
        connection.close()
        shutil.rmtree(workplace)


def _copy(adapter, connection, workplace: Path, name: str, relation: str, node) -> None:
    """Adds rows to the table `name`, with the types of the model's contract."""
    try:
        _, cursor = adapter.add_query(f"select * from {relation}", auto_begin=False)
    except FailedToConnectError as unreachable:
        raise NoBuild(
            "the target's server cannot be reached; look at its profile."
        ) from unreachable
    except DbtRuntimeError as missing:
        raise NoBuild(NOT_WHOLE) from missing
    columns = [column[0] for column in cursor.description]
    declared = {column.name: column.data_type for column in node.columns.values()} if node else {}
    types = ", ".join(f"{column} {declared.get(column) or 'varchar'}" for column in columns)
    connection.execute(f"create table if not exists {name} ({types})")
    file = workplace / "rows.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows(cursor.fetchall())
    texts = ", ".join(f"'{column}': 'varchar'" for column in columns)
    connection.execute(
        f"insert into {name} from read_csv('{file}', columns = {{{texts}}}, {AS_WRITTEN})"
    )
