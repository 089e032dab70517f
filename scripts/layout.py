"""How section files are written: formats, and delimiter, encoding, line end and header (F5)."""

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from built_relations import sync

SECTIONS = {
    "I": "sosdata_clients",
    "II": "sosdata_service_task_periods",
    "III": "sosdata_child_protection_periods",
    "IV": "sosdata_decisions",
    "V": "sosdata_services_received",
}
FORMATS = ("csv", "parquet", "jsonl")
# Of every file but those of sections.
PLAIN = "format csv, header true, delimiter ',', quote '\"', escape '\"', nullstr ''"
# What a program for spreadsheets knows UTF-8 by.
MARK_OF_UTF8 = "\ufeff"


class NoLayout(Exception):
    """The files cannot be written so; the text says why."""


@dataclass(frozen=True)
class Layout:
    """The settings of the build, as they took effect."""

    formats: tuple[str, ...] = ("csv", "parquet")
    delimiter: str = ","
    encoding: str = "utf-8"
    line_end: str = "lf"
    language: str = "en"

    def options(self, file_format: str) -> str:
        """Of DuckDB's copy statement."""
        if file_format == "csv":
            ends = {"lf": r"\n", "crlf": r"\r\n"}[self.line_end]
            return PLAIN.replace("','", f"'{self.delimiter}'") + f", new_line '{ends}'"
        return {"parquet": "format parquet", "jsonl": "format json, array false"}[file_format]


def layout_of(outcome: dict) -> Layout:
    """That of the build whose outcome it is; builds of older versions had none but the default."""
    settings = json.loads(outcome.get("settings") or "{}")
    if "delivery_formats" not in settings:
        return Layout()
    return Layout(
        tuple(settings["delivery_formats"]),
        settings["delivery_delimiter"],
        settings["delivery_encoding"],
        settings["delivery_line_end"],
        settings["delivery_header_language"],
    )


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Names and types of a relation's columns, in their order."""
    found = connection.execute(f"describe {relation}").fetchall()
    return {name: kind for name, kind, *_ in found}


def headers(connection: duckdb.DuckDBPyConnection, section: str, layout: Layout) -> dict[str, str]:
    """What each column of a section is called in the files. Raises NoLayout."""
    columns = columns_of(connection, SECTIONS[section])
    if layout.language == "en":
        return {column: column for column in columns}
    named = dict(
        connection.execute(
            f"select column_name, trim(name_{layout.language}) from delivery_columns"
            " where section = ?",
            [section],
        ).fetchall()
    )
    names = {column: named.get(column) or "" for column in columns}
    for column, name in names.items():
        if not name or list(names.values()).count(name) > 1:
            raise NoLayout(
                f"delivery_columns.csv has no name of its own in name_{layout.language} for the"
                f" column {column} of section {section}: give it one and build again."
            )
    return names


def section_files(section: str, layout: Layout) -> dict[str, str]:
    """The files of a section by name, with their formats."""
    return {f"{SECTIONS[section]}.{ending}": ending for ending in layout.formats}


def write_section(
    connection: duckdb.DuckDBPyConnection, section: str, period: str, folder: Path, layout: Layout
) -> None:
    """Its files, sorted by all columns in order, empty values first."""
    relation = SECTIONS[section]
    names = headers(connection, section, layout)
    for name, file_format in section_files(section, layout).items():
        is_marked = layout.encoding == "utf-8-sig" and file_format == "csv"
        shown = [header.replace('"', '""') for header in names.values()]
        shown[0] = (MARK_OF_UTF8 if is_marked else "") + shown[0]
        chosen = ", ".join(
            f'{column} as "{header}"' for column, header in zip(names, shown, strict=True)
        )
        rows = (
            f"select {chosen} from {relation} where follow_up_period = '{period}'"
            " order by all nulls first"
        )
        write(connection, rows, folder / name, layout.options(file_format))


def write(connection: duckdb.DuckDBPyConnection, rows: str, file: Path, options: str) -> None:
    """One file with the rows of a query, for its owner only and safely on the disk."""
    name = str(file).replace("'", "''")
    connection.execute(f"copy ({rows}) to '{name}' ({options}, use_tmp_file false)")
    file.chmod(0o600)
    sync(file)
