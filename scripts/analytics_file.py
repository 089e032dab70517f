"""Writes the analysts' marts of the last build into a database file of their own (A1).

`scripts/build.py` does it at the end of a build; pipelines run this after `dbt build`.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ModelNode, SeedNode

import deliver
from built_relations import NoBuild, open_built, parse, reason, workplace

OURS = ("sosdata", "analytics")
UNFINISHED = ".unfinished-sosdata-analytics-"


class NotWritten(Exception):
    """The file is as it was; the text says why."""


def analytics_path(is_demo: bool) -> Path:
    """Where the file lies; the demo's never takes the place of a real one."""
    if is_demo:
        return deliver.demo_dir() / "analytics.duckdb"
    path = deliver.folder_setting("SOSDATA_ANALYTICS_PATH", "analytics.duckdb")
    if path.is_dir():
        raise NotWritten(f"SOSDATA_ANALYTICS_PATH: {path} is a folder: name a file in it.")
    if not path.parent.is_dir():
        raise NotWritten(f"SOSDATA_ANALYTICS_PATH: the folder {path.parent} does not exist.")
    return path


def write(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> Path | None:
    """Gives the file, or None where the build has no such marts, or another engine built it.

    The connection is that of open_built(). Raises NotWritten.
    """
    if manifest.metadata.adapter_type != "duckdb":
        return None
    outcome = deliver.build_outcome(connection)
    deliver.stop_on_unfinished_build(outcome)
    relations = analysts_relations(manifest)
    built = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables()"
        " union all select schema_name || '.' || view_name from duckdb_views()"
    ).fetchall()
    names = {name for (name,) in built}
    if any(f"{node.schema}.{node.alias}" not in names for node in relations):
        return None
    path = analytics_path(outcome["is_demo"])
    stop_on_stranger(path, {node.alias for node in relations}, deliver.databases(connection))
    try:
        with workplace(path.parent, UNFINISHED) as folder:
            made = folder / "analytics.duckdb"
            copy(connection, relations, made)
            made.chmod(0o640)
            deliver.sync(made)
            made.replace(path)
            deliver.sync(path.parent)
    except (OSError, duckdb.Error) as error:
        raise NotWritten(f"{path} could not be written ({reason(error)}).") from error
    return path


def analysts_relations(manifest: Manifest) -> list[ModelNode | SeedNode]:
    """What a reader of the analysts' marts may read, and nothing else: marts and code lists."""
    readers = (manifest.nodes[f"model.sosdata.{name}"] for name in ("int_codes", "int_code_names"))
    # Of the project, or of a county in their place.
    read = {key for reader in readers for key in reader.depends_on_nodes}
    return [
        node
        for node in sorted(manifest.nodes.values(), key=lambda node: node.name)
        if (isinstance(node, SeedNode) and node.unique_id in read and node.name[:6] == "codes_")
        # A county may have a group of this name too.
        or (isinstance(node, ModelNode) and (node.package_name, node.group) == OURS)
    ]


def copy(
    connection: duckdb.DuckDBPyConnection, relations: list[ModelNode | SeedNode], file: Path
) -> None:
    """Tables of the same names in the schema main, with what they mean as comments."""
    connection.execute(f"attach {literal(str(file))} as analysts (read_write)")
    try:
        for node in relations:
            place = f"analysts.main.{node.alias}"
            connection.execute(f"create table {place} as from {node.relation_name} order by all")
            connection.execute(f"comment on table {place} is {literal(node.description)}")
            for column in node.columns.values():
                about = f"{place}.{column.name} is {literal(column.description)}"
                connection.execute(f"comment on column {about}")
    finally:
        connection.execute("detach analysts")


def literal(text: str) -> str:
    return "'" + text.strip().replace("'", "''") + "'"


def stop_on_stranger(path: Path, ours: set[str], databases: list[Path]) -> None:
    """Only a file that an earlier build wrote is replaced."""
    if path in databases:
        raise NotWritten(f"SOSDATA_ANALYTICS_PATH: {path} is the database of the build.")
    if path.with_name(path.name + ".wal").exists():
        raise NotWritten(
            f"another program writes to {path} ({path.name}.wal lies beside it): close that and"
            " run this again."
        )
    if path.exists():
        strangers = [name for name in tables_of(path) if name not in ours]
        if strangers:
            raise NotWritten(
                f"{path} holds what no build wrote ({len(strangers)} tables that are not ours, or"
                " it cannot be read): move it away, or name another file in SOSDATA_ANALYTICS_PATH."
            )


def tables_of(path: Path) -> list[str]:
    """The names of a database's tables; one that is no name where it cannot be read."""
    with suppress(OSError, duckdb.Error):
        try:
            return names_in(path)
        except duckdb.IOException:
            # A program that has it open for writing keeps others out, but not from a copy.
            with workplace(path.parent, UNFINISHED) as folder:
                return names_in(Path(shutil.copyfile(path, folder / "seen.duckdb")))
    return ["(unreadable)"]


def names_in(path: Path) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute("select table_name from duckdb_tables()").fetchall()
        return [name for (name,) in found]


def main(arguments: Sequence[str] = ()) -> int:
    """Exit code 0 where the file is that of the last build, or where there is none to write."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    os.umask(0o077)
    try:
        os.chdir(deliver.PROJECT)
        manifest = parse()
        with open_built([], manifest) as (connection, _):
            path = write(connection, manifest)
    except (NotWritten, NoBuild, deliver.NotDelivered) as stopped:
        print(f"The analysts' file is as it was: {stopped}", file=sys.stderr)
        return 1
    print(path or "The last build made no analysts' file (docs/analytics.md).")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
