"""What lies in a frozen folder (F5), and whether a folder is as its manifest says (F6)."""

import hashlib
import json
from pathlib import Path

import duckdb

import deliver
from built_relations import sync
from delivery_notes import LANGUAGES, note
from layout import PLAIN, SECTIONS, Layout, columns_of, headers, section_files, write

MANIFEST = "manifest.json"
PACKAGE_FILE = "datapackage.json"
VIOLATIONS = "internal/violations.csv"
CHANGES = "internal/changes.csv"


def write_file(file: Path, content: bytes) -> None:
    deliver.make_folder(file.parent)
    file.write_bytes(content)
    file.chmod(0o600)
    sync(file)


def put_in_place(made: Path, target: Path, replaced: Path) -> None:
    """Whole or not at all; between the two renames nothing is there, which is mended."""
    deliver.make_folder(target.parent)
    for folder in [made, *(place for place in made.iterdir() if place.is_dir())]:
        sync(folder)
    if target.is_dir():
        target.rename(replaced)
    made.rename(target)
    sync(target.parent)


def differences(folder: Path, manifest: str) -> list[str]:
    """By what a folder differs from a manifest, in words; nothing where it does not."""
    listed = {file["name"]: file for file in json.loads(manifest)["files"]}
    ours = {*listed, MANIFEST}
    strangers = set(strangers_in(folder, ours))
    there = set(files_in(folder)) & ours - strangers
    found = [f"{name} is missing" for name in sorted(ours - there - strangers)]
    found += [
        f"{name} is no file of its own" if name in ours else f"{name} is not in the manifest"
        for name in sorted(strangers)
    ]
    for name in sorted(there - {MANIFEST}):
        content = (folder / name).read_bytes()
        if len(content) != listed[name]["bytes"] or sha256(content) != listed[name]["sha256"]:
            found.append(f"{name} has other bytes")
    if MANIFEST in there and (folder / MANIFEST).read_bytes() != manifest.encode():
        found.append(f"{MANIFEST} is another")
    return found


def strangers_in(folder: Path, ours: set[str]) -> list[str]:
    """What no delivery wrote; also a link or a folder that has the name of a file of ours."""
    parents = {str(parent) for name in ours for parent in Path(name).parents}
    return [
        name
        for name in files_in(folder)
        if (folder / name).is_symlink()
        or not (
            (name in ours and (folder / name).is_file())
            or (name in parents and (folder / name).is_dir())
        )
    ]


def files_in(folder: Path) -> list[str]:
    """Everything that is no plain folder; an empty folder too, which no delivery writes."""
    return [
        str(place.relative_to(folder))
        for place in folder.rglob("*")
        if place.is_symlink() or not place.is_dir() or not any(place.iterdir())
    ]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def violations(period: str) -> str:
    """Rows of quality_violations with this period or none."""
    return (
        "select * from quality_violations where follow_up_period is null"
        f" or follow_up_period = '{period}' order by all nulls first"
    )


def write_other_files(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    facts: dict,
    layout: Layout,
    changed: str | None,
) -> None:
    """Everything but the section files and the manifest."""
    period = facts["follow_up_period"]
    for language in LANGUAGES:
        text = note(connection, facts, language)
        write_file(folder / f"delivery_note.{language}.md", text.encode())
    deliver.make_folder(folder / "internal")
    write(connection, violations(period), folder / VIOLATIONS, PLAIN)
    if changed:
        write(connection, f"{changed} order by all nulls first", folder / CHANGES, PLAIN)
    described = data_package(connection, folder, facts, layout)
    text = json.dumps(described, ensure_ascii=False, indent=2) + "\n"
    write_file(folder / PACKAGE_FILE, text.encode())


def data_package(
    connection: duckdb.DuckDBPyConnection, folder: Path, facts: dict, layout: Layout
) -> dict:
    """The section files as a Frictionless Data Package."""
    media = {
        "csv": "text/csv",
        "parquet": "application/vnd.apache.parquet",
        "jsonl": "application/jsonl",
    }
    resources = []
    for section in deliver.delivered_sections(connection, facts["follow_up_period"]):
        names = headers(connection, section, layout)
        types = columns_of(connection, SECTIONS[section])
        for name, file_format in section_files(section, layout).items():
            content = (folder / name).read_bytes()
            resource = {
                "name": name.replace(".", "-").replace("_", "-"),
                "path": name,
                "title": section,
                # Read cell by cell, or its bytes only: readers of other formats are rarely there.
                "type": "table" if file_format == "csv" else "file",
                "profile": "tabular-data-resource" if file_format == "csv" else "data-resource",
                "format": file_format,
                "mediatype": media[file_format],
                "bytes": len(content),
                "hash": f"sha256:{sha256(content)}",
            }
            if file_format != "parquet":
                resource["encoding"] = layout.encoding if file_format == "csv" else "utf-8"
            if file_format == "csv":
                resource["dialect"] = {
                    "delimiter": layout.delimiter,
                    "lineTerminator": {"lf": "\n", "crlf": "\r\n"}[layout.line_end],
                    "quoteChar": '"',
                    "doubleQuote": True,
                    "header": True,
                }
            resource["schema"] = {
                "fields": [
                    {
                        "name": header,
                        "title": header,
                        "type": "date" if types[column] == "DATE" else "string",
                    }
                    for column, header in names.items()
                ],
                "missingValues": [""],
            }
            resources.append(resource)
    period, version = facts["follow_up_period"], facts["version"]
    return {
        "profile": "data-package",
        "name": f"sosdata-{period.lower()}-v{version}",
        "title": f"Sosdata {period}, version {version}",
        "version": str(version),
        "created": facts["frozen_at"],
        "resources": resources,
    }


def described_files(
    connection: duckdb.DuckDBPyConnection, folder: Path, facts: dict, layout: Layout
) -> list[dict]:
    """Every file but the manifest, as the manifest has it."""
    period = facts["follow_up_period"]
    counted = {VIOLATIONS: f"({violations(period)})"}
    sections = {}
    for section in deliver.delivered_sections(connection, period):
        relation = SECTIONS[section]
        for name in section_files(section, layout):
            sections[name] = section
            counted[name] = f"(select 1 from {relation} where follow_up_period = '{period}')"
    if (folder / CHANGES).exists():
        counted[CHANGES] = f"read_csv('{str(folder / CHANGES).replace(chr(39), chr(39) * 2)}')"
    files = []
    for name in sorted(files_in(folder)):
        content = (folder / name).read_bytes()
        rows = None
        if name in counted:
            (rows,) = connection.execute(f"select count(*) from {counted[name]} as r").fetchone()
        files.append(
            {
                "name": name,
                "section": sections.get(name),
                "format": name.rpartition(".")[2],
                "rows": rows,
                "bytes": len(content),
                "sha256": sha256(content),
                "is_for_register": not name.startswith("internal/"),
            }
        )
    return files
