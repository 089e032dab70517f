"""Write the demo extract: artificial clients in the form of the source contract.

The rows are made by demo_extract.sql, always the same ones; this script only runs it and writes
the files. An extract that was there before is replaced only when the new one is complete, and a
folder that holds anything else is left alone.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb

PROJECT = Path(__file__).parents[2]
SQL_FILE = Path(__file__).with_suffix(".sql")
CODE_MAP = PROJECT / "seeds" / "demo" / "demo_code_map.csv"
ORGANISERS = PROJECT / "seeds" / "codes" / "codes_organisers.csv"
SEED = 2026
MOST_PERSONS = 3_000_000
MEMORY_LIMIT = "3GB"
TABLES = (
    "clients",
    "cases",
    "child_protection_relationships",
    "decisions",
    "services_received",
    "identity_changes",
)
OF_ORGANISERS = ("cases", "child_protection_relationships", "decisions", "services_received")
FORMATS = {"csv": "format csv, header true", "parquet": "format parquet, compression zstd"}


def quoted(text: object) -> str:
    """The text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def spread_over(organisers: int) -> str:
    """The organiser of a row where the extract is of several: by the number in its client id."""
    codes = f"(select list(code order by code) from {quoted(ORGANISERS)})"
    number = "cast(nullif(regexp_extract(client_id, '[0-9]{7}'), '') as bigint)"
    return f"coalesce({codes}[1 + {number} % {organisers}], organiser_code)"


def write_tables(folder: Path, persons: int, file_format: str, organisers: int = 1) -> None:
    """Generate the extract and write one file a table into the folder, sorted by all columns."""
    spill = folder / "spill"
    with duckdb.connect(
        config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(spill)}
    ) as connection:
        connection.execute(f"set variable seed = {SEED}")
        connection.execute(f"set variable persons = {persons}")
        connection.execute(
            "create temp table local_codes as "
            f"from read_csv({quoted(CODE_MAP)}, header = true, all_varchar = true)"
        )
        connection.execute(SQL_FILE.read_text(encoding="utf-8"))
        for table in TABLES:
            file = folder / f"{table}.{file_format}"
            rows = f"select * from {table}"
            if organisers > 1 and table in OF_ORGANISERS:
                rows = (
                    f"select * replace ({spread_over(organisers)} as organiser_code) from {table}"
                )
            connection.execute(
                f"copy ({rows} order by all) to {quoted(file)} ({FORMATS[file_format]})"
            )
    shutil.rmtree(spill, ignore_errors=True)


def replace_folder(new: Path, target: Path) -> None:
    """Put the new folder in the place of the target, which may exist."""
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
        target.rename(old / target.name)
        new.rename(target)
        shutil.rmtree(old)
    else:
        new.rename(target)


def foreign_files(target: Path) -> list[str]:
    """Names in the target that are not files of an extract, and must not be lost."""
    own = {f"{table}.{file_format}" for table in TABLES for file_format in FORMATS}
    if not target.exists():
        return []
    if not target.is_dir():
        return [target.name]
    return sorted(entry.name for entry in target.iterdir() if entry.name not in own)


def number_of_persons(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_PERSONS:
        raise argparse.ArgumentTypeError(f"must be from 1 to {MOST_PERSONS}")
    return number


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the demo extract (artificial persons).")
    parser.add_argument("--out", type=Path, required=True, help="folder of the extract")
    parser.add_argument("--persons", type=number_of_persons, default=3000)
    parser.add_argument("--organisers", type=int, default=1, help="1, or up to 24 of the register")
    parser.add_argument("--format", choices=FORMATS, default="csv", dest="file_format")
    arguments = parser.parse_args()

    os.umask(0o077)
    target = arguments.out.resolve()
    foreign = foreign_files(target)
    if foreign:
        print(f"{target} holds other files ({', '.join(foreign[:3])}): left alone", file=sys.stderr)
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{target.name}-new-", dir=target.parent))
    try:
        write_tables(new, arguments.persons, arguments.file_format, arguments.organisers)
        replace_folder(new, target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    print(f"{target}: {arguments.persons} artificial persons and the few written by hand")
    return 0


if __name__ == "__main__":
    sys.exit(main())
