"""Writes the delivered files of the built periods: one folder a period, one file a section."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb

from built_relations import NOT_WHOLE, NoBuild, open_built

PROJECT = Path(os.environ.get("DBT_PROJECT_DIR") or Path(__file__).parent.parent).resolve()
SECTIONS = {
    "I": "sosdata_clients",
    "II": "sosdata_service_task_periods",
    "III": "sosdata_child_protection_periods",
    "IV": "sosdata_decisions",
    "V": "sosdata_services_received",
}
FORMATS = {
    "csv": "format csv, header true, delimiter ',', quote '\"', escape '\"', nullstr ''",
    "parquet": "format parquet",
}


class NotDelivered(Exception):
    """The files were not written; the text says why."""


def delivery_dir() -> Path:
    return (PROJECT / os.environ.get("SOSDATA_DELIVERY_DIR", "delivery")).resolve()


def deliver(connection: duckdb.DuckDBPyConnection, target: Path) -> list[Path]:
    """Writes every built period, or nothing at all; returns the folders. Raises NotDelivered."""
    stop_on_unfinished_build(connection)
    stop_on_provisional_codes(connection)
    periods = built_periods(connection)
    workplace = None
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        workplace = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=target))
        for period in periods:
            write_period(connection, period, workplace / period)
        return [put_in_place(workplace / period, target / period) for period in periods]
    except (OSError, duckdb.IOException) as error:
        raise NotDelivered(
            f"the files could not be written to {target}: {reason(error)}."
        ) from error
    finally:
        if workplace:
            shutil.rmtree(workplace, ignore_errors=True)


def stop_on_unfinished_build(connection: duckdb.DuckDBPyConnection) -> None:
    """Q4: nothing is delivered of a build that stopped, failed a test or ran in part."""
    outcome = connection.execute(
        "select cast(is_whole as boolean), cast(nodes_failed as integer) from build_outcome"
    )
    is_whole, failed = outcome.fetchone() or (False, 0)
    if not is_whole or failed:
        raise NotDelivered(NOT_WHOLE)


def built_periods(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute("select follow_up_period from int_follow_up_periods order by 1")
    return [period for (period,) in rows.fetchall()]


def reason(error: Exception) -> str:
    return (
        error.strerror
        if isinstance(error, OSError) and error.strerror
        else "no room, or no right to write"
    )


def setting(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    found = connection.execute(
        "select any_value(item_value) from delivery_note where item = ? and section is null", [name]
    ).fetchone()
    return found[0] or ""


def stop_on_provisional_codes(connection: duckdb.DuckDBPyConnection) -> None:
    """K5: no files for the register while a row to be delivered has a provisional code."""
    if setting(connection, "allow_provisional_codes") == "true":
        return
    found = connection.execute(
        "select distinct code from delivery_provisional_codes order by 1"
    ).fetchall()
    if found:
        codes = ", ".join(code for (code,) in found)
        raise NotDelivered(
            f"rows to be delivered hold provisional codes ({codes}), so no files were written. "
            "Import the national code list (README: code lists), or set the var "
            "allow_provisional_codes to true for a trial that is not sent."
        )


def write_period(connection: duckdb.DuckDBPyConnection, period: str, folder: Path) -> None:
    """P5: a section without rows is a file with its header only; a section left out is no file."""
    folder.mkdir(mode=0o700)
    sections = setting(connection, "sections").split()
    relations = [relation for section, relation in SECTIONS.items() if section in sections]
    for relation in relations:
        for ending, options in FORMATS.items():
            write(connection, relation, period, folder / f"{relation}.{ending}", options)
    write(connection, "delivery_note", period, folder / "delivery_note.csv", FORMATS["csv"])


def write(connection, relation: str, period: str, file: Path, options: str) -> None:
    """One file, sorted by all columns in order, empty values first, and safely on the disk."""
    rows = f"select * from {relation} where follow_up_period = '{period}' order by all nulls first"
    name = str(file).replace("'", "''")
    connection.execute(f"copy ({rows}) to '{name}' ({options})")
    file.chmod(0o600)
    with file.open("rb") as written:
        os.fsync(written.fileno())


def put_in_place(finished: Path, folder: Path) -> Path:
    """A crash leaves the old folder, the new one or none, and never a mixture of both."""
    replaced = finished.with_name(f"replaced-{folder.name}")
    if folder.exists():
        folder.rename(replaced)
    finished.rename(folder)
    return folder


def main() -> int:
    os.umask(0o077)
    os.chdir(PROJECT)
    try:
        with open_built(list(SECTIONS.values())) as (connection, _):
            for folder in deliver(connection, delivery_dir()):
                print(folder)
    except (NotDelivered, NoBuild) as stopped:
        print(f"Nothing was delivered: {stopped}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
