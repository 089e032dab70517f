"""Writes a county's own project, which maps its systems and installs this one as a package.

The files of tools/county/ are copied with a few names put in. What depends on the source contract
(mapping models, their texts, the example's columns) is made from it.
"""

import argparse
import csv
import io
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import yaml

from publish_contract import contract

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATE = PROJECT / "tools" / "county"
# A line that holds it is written once for each table.
EACH_TABLE = "TABLE_NAME"
# The sections that a table is needed by, and why where that is not plain.
SECTIONS = {
    "clients": ("I-V", "a row of any section is delivered only with its client"),
    "cases": ("II, IV, V", "IV and V where a decision or service has no service task of its own"),
    "child_protection_relationships": ("III", ""),
    "decisions": ("IV", ""),
    "services_received": ("V", ""),
    "identity_changes": ("I-V", "a person is delivered by the newest code"),
}
# Columns that fewer sections need than their table; without a table, in every table.
FEWER_SECTIONS = {
    "clients.updated_at": "I",
    "identity_changes.changed_on": "none",
    "unit": "none; lists of what is to be mended show it",
}
# The example marks with K (kyllä, yes) and E (ei, no), to show an expression.
MARKS = "case {0} when 'K' then 'true' when 'E' then 'false' else {0} end"
EXPRESSIONS = {"cases.opened_before_2020": MARKS}
# The longest mapping model must fit into the 63 characters of a name in PostgreSQL.
LONGEST_NAME = 63 - len("_child_protection_relationships")


class NotWritten(Exception):
    """No project was written; the text says why."""


def stop_on_wrong_name(name: str) -> None:
    """dbt takes the name for the project's, and each mapping model begins with it."""
    if not re.fullmatch("[a-z][a-z0-9_]*", name) or len(name) > LONGEST_NAME:
        raise NotWritten(
            f"NAME={name} cannot be the name of a dbt project: take 1 to {LONGEST_NAME} of a-z, 0-9"
            " and _, and begin with a letter."
        )
    taken = {path.stem for path in (PROJECT / "models").rglob("*.sql")}
    if name in ("sosdata", "example") or name.startswith("dbt") or f"{name}_clients" in taken:
        raise NotWritten(f"NAME={name} is taken by this project or by dbt: choose another.")


def stop_on_wrong_folder(folder: Path, way: str) -> None:
    """What is there stays as it is, and this project stays free of others."""
    if folder.is_relative_to(PROJECT):
        raise NotWritten(f"{folder} lies in sosdata: choose a folder beside it.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotWritten(f"{folder} is there and not empty: choose a new folder.")
    if not re.fullmatch(r"[\w./+~@-]+", way):
        raise NotWritten(
            f"the way from there to sosdata, {way}, holds a blank or a sign that make or YAML would"
            " read otherwise: choose another folder, or move the clone."
        )


def project_files(name: str, way: str) -> dict[str, str]:
    """Every file of the project and its text."""
    source = contract()
    version = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["version"]
    names = {
        "COUNTY_NAME": name,
        "SOSDATA_PATH": way,
        "SOSDATA_VERSION": version,
        "CONTRACT_VERSION": source.version,
    }
    files = {}
    for path in sorted(TEMPLATE.rglob("*")):
        if path.is_file():
            place = str(path.relative_to(TEMPLATE)).replace("dot_", ".")
            files[place] = filled(path.read_text(encoding="utf-8"), names, list(source.tables))
    # Lists that a county imports are hers, and the clone stays as it is.
    for path in sorted((PROJECT / "seeds" / "codes").glob("*.csv")):
        files[f"seeds/codes/{path.name}"] = path.read_text(encoding="utf-8")
    seeds, models = [], []
    for table, described in source.tables.items():
        place = f"seeds/example/example_{table}.csv"
        files[place] = example(files[place], described)
        files[f"models/mapping/{name}_{table}.sql"] = mapping(table, described)
        seeds.append(seed_entry(table, described))
        models.append(model_entry(f"{name}_{table}", described))
    files["seeds/example/_example__seeds.yml"] = as_yaml("seeds", seeds)
    files["models/mapping/_mapping__models.yml"] = as_yaml("models", models)
    return files


def filled(text: str, names: dict[str, str], tables: list[str]) -> str:
    lines = []
    for line in text.splitlines(keepends=True):
        many = tables if EACH_TABLE in line else [""]
        lines.extend(line.replace(EACH_TABLE, table) for table in many)
    text = "".join(lines)
    for placeholder, value in names.items():
        text = text.replace(placeholder, value)
    return text


def example(text: str, table: SimpleNamespace) -> str:
    """The rows with all columns of the contract; those that the example does not name are empty."""
    written = io.StringIO()
    rows = csv.DictWriter(written, list(table.columns), restval="", lineterminator="\n")
    rows.writeheader()
    rows.writerows(csv.DictReader(io.StringIO(text)))
    return written.getvalue()


def mapping(name: str, table: SimpleNamespace) -> str:
    """A model to fill in: each column on its line, under what the contract says of it."""
    helpers = sorted(path.stem for path in (PROJECT / "macros" / "mapping").glob("*.sql"))
    sections, why = SECTIONS[name]
    lines = [
        *comment(f"The table {name} of the source contract, made from the county's systems."),
        *comment(f"Grain: {table.description[0].lower()}{table.description[1:]}"),
        *comment("Nothing is left out."),
        *comment(f"Sections: {sections}{f' ({why})' if why else ''}."),
        *comment(
            'To fill in: an expression left of each "as", and a table after "from". Values may be'
            " text, dates, numbers or marks; one that cannot be read is listed with its row."
        ),
    ]
    if helpers:
        told = ", ".join(f"sosdata.{helper}" for helper in helpers)
        lines += comment(f"Macros of the package that help (docs/mapping.md there): {told}.")
    lines.append("select")
    for column, described in table.columns.items():
        for sentence in told_of(name, column, described):
            lines += comment(sentence, "    ")
        expression = EXPRESSIONS.get(f"{name}.{column}", "{0}").format(column)
        comma = "" if column == list(table.columns)[-1] else ","
        lines.append(f"    {expression} as {column}{comma}")
    lines.append(f"from {{{{ ref('example_{name}') }}}}")
    return "\n".join(lines) + "\n"


def told_of(table: str, column: str, described: SimpleNamespace) -> Iterator[str]:
    """What a column means, what empty means, what it looks like and who needs it."""
    says_empty = described.is_required or "empty" in described.description
    yield described.description + ("" if says_empty else " May be empty.")
    if described.examples:
        yield f"Such as: {', '.join(described.examples)}."
    sections, _ = SECTIONS[table]
    fewer = FEWER_SECTIONS.get(column) or FEWER_SECTIONS.get(f"{table}.{column}")
    yield f"Sections: {fewer or sections}."


def comment(text: str, indent: str = "") -> list[str]:
    start = f"{indent}-- "
    return textwrap.wrap(text, 118, initial_indent=start, subsequent_indent=start)


def model_entry(name: str, table: SimpleNamespace) -> dict:
    """No test of the content: the package judges each row, and lists it instead of stopping."""
    described = [{"name": n, "description": c.description} for n, c in table.columns.items()]
    grain = f"Grain: {table.description[0].lower()}{table.description[1:]}"
    return {"name": name, "description": grain, "columns": described}


def seed_entry(table: str, described: SimpleNamespace) -> dict:
    """All columns are text, so that no code loses its zeros."""
    text = "{{ 'string' if target.type in ('spark', 'databricks') else 'text' }}"
    return {
        "name": f"example_{table}",
        "description": "Artificial rows, until a table of the county takes their place.",
        "config": {"column_types": dict.fromkeys(described.columns, text)},
    }


def as_yaml(kind: str, entries: list[dict]) -> str:
    return yaml.safe_dump({kind: entries}, sort_keys=False, allow_unicode=True, width=100)


def write(folder: Path, name: str) -> None:
    """Raises NotWritten where the folder or the name will not do."""
    folder = folder.resolve()
    way = os.path.relpath(PROJECT, folder)
    stop_on_wrong_name(name)
    stop_on_wrong_folder(folder, way)
    try:
        for place, text in project_files(name, way).items():
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotWritten(
            f"{folder} cannot be written ({os.strerror(error.errno or 0)}): choose another folder."
        ) from error


def main() -> int:
    """Exit code 0 where the project was written, 1 where a sentence says why not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dir", required=True, type=Path, help="a new folder beside this project")
    parser.add_argument("--name", required=True, help="name of the dbt project, such as satakunta")
    arguments = parser.parse_args()
    try:
        write(arguments.dir, arguments.name)
    except NotWritten as stopped:
        print(f"Nothing was written: {stopped}", file=sys.stderr)
        return 1
    print(f"The project {arguments.name} is written. Next, an example of artificial persons:")
    print(f"  cd {shlex.quote(str(arguments.dir))} && git init && make build")
    print("Then, in that folder: README.md tells the first week, organiser_code is filled in in")
    print(f"dbt_project.yml, and models/mapping/{arguments.name}_clients.sql is the first to map.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
