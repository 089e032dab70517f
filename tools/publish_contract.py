"""Writes the source contract for people without dbt: as ODCS and as a Frictionless data package.

Tables, columns and kinds are those of macros/source/source_contract.sql, texts and the version
those of the sources' YAML, and forms the patterns that staging and checks read cells by. A change
against the last version that was kept needs a higher version, by what it asks of an extract.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import jinja2
import yaml

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / "docs" / "contract"
VERSIONS = FOLDER / "versions"
NAME = "sosdata_extract"
HEADER = "# Written by `make contract`: change the sources, not this file.\n"
# A pattern is one line.
LONG_LINES = "# yamllint disable rule:line-length\n"
# By the macro that reads the cell. Each fits its pattern; the identity code is artificial.
EXAMPLES = {
    "read_date": ["2024-01-31", "2024-01-31T00:00:00"],
    "read_moment": ["2024-01-31", "2024-01-31T09:30:00Z", "2024-01-31 09:30+02:00"],
    "read_mark": ["true", "false", "1", "0"],
    "is_personal_identity_code": ["010190-900P"],
    "quarter": ["2024Q1"],
}
STEPS = ("major", "minor", "patch")
# What an entry may ask of an extract, beside that it is there.
DEMANDS = ("required", "primaryKey", "relationships", "logicalTypeOptions")


class NotPublished(Exception):
    """The sentence says what to do."""


class Macros:
    """Macros of the project, run without dbt: what they return, and which patterns they use."""

    def __init__(self, *paths: str) -> None:
        self.patterns: list[str] = []
        self.returned: object = None
        text = "".join((PROJECT / "macros" / path).read_text(encoding="utf-8") for path in paths)
        environment = jinja2.Environment(extensions=["jinja2.ext.do"])
        given = {"return": self.keep, "sosdata": self, "dbt": self}
        self.module = environment.from_string(text).make_module(given)

    def __getattr__(self, name: str) -> Callable[..., str]:
        """Other macros that they call are of no matter here."""
        return lambda *_: ""

    def keep(self, value: object) -> None:
        self.returned = value

    def matches(self, _: str, pattern: str) -> str:
        self.patterns.append(pattern)
        return ""

    def returned_by(self, name: str) -> dict | list:
        getattr(self.module, name)()
        return self.returned

    def pattern_of(self, name: str) -> str:
        """The pattern that the macro compares a text with, or the words that it knows."""
        self.patterns.clear()
        sql = getattr(self.module, name)("cell")
        if self.patterns:
            return self.patterns[0]
        words = re.findall(r"'(\w+)'", " ".join(re.findall(r" in \((.*?)\)", sql)))
        # In any case, without a flag that some readers of patterns do not know.
        spelled = ["".join(f"[{c.upper()}{c}]" if c.isalpha() else c for c in w) for w in words]
        return f"^({'|'.join(spelled)})$"


def forms_of_columns(table: str, columns: dict[str, str]) -> dict[str, str]:
    """Which macro reads the column, for columns that have a form."""
    staging = PROJECT / "models" / "staging" / "extract" / f"stg_extract__{table}.sql"
    read = re.findall(r"sosdata\.(read_\w+)\('source_rows\.(\w+)'\)", staging.read_text("utf-8"))
    found = {column: macro for macro, column in read}
    found |= {c: "is_personal_identity_code" for c, kind in columns.items() if kind == "person"}
    return found


def patterns_of_checks(table: str) -> dict[str, str]:
    """Columns that a check compares with a pattern, and the pattern."""
    checks = PROJECT / "models" / "intermediate" / "checks" / f"int_{table}__checked.sql"
    if not checks.exists():
        return {}
    found = re.findall(r"sosdata\.matches\('(\w+)', '(.+?)'\)", checks.read_text("utf-8"))
    return dict(found)


def texts() -> Callable[[str], str]:
    """Gives a description with its doc blocks, in one line."""
    blocks: dict[str, str] = {}
    for path in (PROJECT / "models").rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        blocks |= re.findall(r"{% docs (\w+) %}(.*?){% enddocs %}", text, re.DOTALL)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)

    def resolved(text: str) -> str:
        rendered = environment.from_string(text).render(doc=lambda *names: blocks[names[-1]])
        return " ".join(rendered.split())

    return resolved


def contract() -> SimpleNamespace:
    """What the sources say: version, description and, for each table, its columns."""
    macros = Macros("source/source_contract.sql")
    tables = macros.returned_by("source_contract")
    optional = macros.returned_by("optional_columns")
    reading = Macros(
        "reading/dates.sql", "reading/marks.sql", "reading/personal_identity_codes.sql"
    )
    path = PROJECT / "models" / "staging" / "extract" / "_extract__sources.yml"
    source = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"][0]
    described = {table["name"]: table for table in source["tables"]}
    resolved = texts()
    found = {}
    for table, columns in tables.items():
        forms, checked = forms_of_columns(table, columns), patterns_of_checks(table)
        column_texts = {c["name"]: c["description"] for c in described[table]["columns"]}
        found[table] = SimpleNamespace(
            description=resolved(described[table]["description"]),
            key=list(columns)[:2],
            columns={},
        )
        for column, kind in columns.items():
            description = resolved(column_texts[column])
            form = forms.get(column) or ("quarter" if column in checked else None)
            found[table].columns[column] = SimpleNamespace(
                kind=kind,
                description=description,
                is_required="Mandatory" in description,
                is_optional=column in optional,
                pattern=checked.get(column) or (reading.pattern_of(form) if form else None),
                examples=EXAMPLES[form] if form else None,
            )
    return SimpleNamespace(
        version=str(source["config"]["meta"]["contract_version"]),
        description=resolved(source["description"]),
        tables=found,
    )


def refers_to_clients(table: str, columns: dict) -> bool:
    return table != "clients" and "client_id" in columns


def odcs_property(name: str, column: SimpleNamespace, key: list[str]) -> dict:
    """A column as the standard writes it."""
    described: dict = {"name": name, "logicalType": "string"}
    if name in key:
        described |= {"primaryKey": True, "primaryKeyPosition": key.index(name) + 1}
    described |= {"required": column.is_required, "description": column.description}
    if column.pattern:
        described["logicalTypeOptions"] = {"pattern": column.pattern}
        described["examples"] = list(column.examples)
    if column.kind == "person":
        described["classification"] = "restricted"
    if column.is_optional:
        described["customProperties"] = [{"property": "columnMayBeAbsent", "value": True}]
    return described


def odcs(source: SimpleNamespace) -> dict:
    """The contract as an Open Data Contract."""
    schema = []
    for table, described in source.tables.items():
        entry = {
            "name": table,
            "physicalName": table,
            "physicalType": "table",
            "description": described.description,
            "dataGranularityDescription": described.description.partition(" Key:")[0],
            "properties": [
                odcs_property(name, column, described.key)
                for name, column in described.columns.items()
            ],
        }
        if refers_to_clients(table, described.columns):
            ends = {
                "from": [f"{table}.source_system", f"{table}.client_id"],
                "to": ["clients.source_system", "clients.client_id"],
            }
            entry["relationships"] = [{"type": "foreignKey"} | ends]
        schema.append(entry)
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": NAME,
        "name": NAME,
        "version": source.version,
        "status": "active",
        "description": {"purpose": source.description},
        "schema": schema,
    }


def field(name: str, column: SimpleNamespace) -> dict:
    """A column as Table Schema writes it. White space around a form is no fault (C5)."""
    constraints: dict = {"required": True} if column.is_required else {}
    if column.pattern:
        form = column.pattern.removeprefix("^").removesuffix("$")
        constraints["pattern"] = rf"\s*({form}){'' if column.is_required else '?'}\s*"
    described = {"name": name, "type": "string", "description": column.description}
    return described | ({"constraints": constraints} if constraints else {})


def data_package(source: SimpleNamespace) -> dict:
    """The contract as a data package of the CSV files.

    A file has all fields and may have others, so a column that may be absent is no field.
    """
    resources = []
    for table, described in source.tables.items():
        columns = described.columns.items()
        absent = [f"Column {n}: {c.description}" for n, c in columns if c.is_optional]
        schema = {
            "fieldsMatch": "subset",
            "missingValues": [""],
            "fields": [field(n, c) for n, c in columns if not c.is_optional],
            "primaryKey": described.key,
        }
        if refers_to_clients(table, described.columns):
            key = ["source_system", "client_id"]
            reference = {"resource": "clients", "fields": key}
            schema["foreignKeys"] = [{"fields": key, "reference": reference}]
        resources.append(
            {
                "name": table,
                "type": "table",
                "path": f"{table}.csv",
                "format": "csv",
                "encoding": "utf-8",
                "dialect": {"delimiter": ","},
                "description": " ".join([described.description, *absent]),
                "schema": schema,
            }
        )
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": NAME,
        "version": source.version,
        "description": source.description,
        "resources": resources,
    }


def kept_versions() -> list[Path]:
    """The versions that were kept as published, the newest last."""
    return sorted(VERSIONS.glob("*.odcs.yaml"), key=lambda path: numbers(version_of(path)))


def version_of(path: Path) -> str:
    return path.name.removesuffix(".odcs.yaml")


def numbers(version: str) -> tuple[int, ...]:
    """1.10.0 is more than 1.9.0."""
    if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version):
        raise NotPublished("contract_version in the sources' YAML must be like 1.0.0.")
    return tuple(int(part) for part in version.split("."))


def next_version(version: str, step: str) -> str:
    """The lowest version that is higher by the step."""
    place = STEPS.index(step)
    kept = numbers(version)
    return ".".join(str(part) for part in (*kept[:place], kept[place] + 1, *[0] * (2 - place)))


def by_place(document: dict) -> dict[str, dict]:
    """Tables, and columns as table.column."""
    places = {}
    for table in document["schema"]:
        places[table["name"]] = {k: v for k, v in table.items() if k != "properties"}
        for column in table["properties"]:
            places[f"{table['name']}.{column['name']}"] = column
    return places


def demands(entry: dict) -> set[str]:
    """What the table or column asks of an extract."""
    found = {json.dumps([name, entry[name]]) for name in DEMANDS if entry.get(name)}
    return found if "customProperties" in entry else found | {"is there"}


def step_of(before: dict | None, now: dict | None) -> str:
    """Major where an extract that was right may be wrong now, or a reader of it loses something."""
    if now is None:
        return "major"
    if before is None:
        return "major" if demands(now) else "minor"
    if demands(now) - demands(before):
        return "major"
    return "minor" if demands(before) - demands(now) else "patch"


def changes(before: dict, now: dict) -> list[tuple[str, str]]:
    """Each change of a table or column: major, minor or patch, and a sentence."""
    old, new = by_place(before), by_place(now)
    found = []
    for place in [*old, *(place for place in new if place not in old)]:
        was, is_now = old.get(place), new.get(place)
        if was != is_now:
            word = "added" if was is None else "removed" if is_now is None else "changed"
            found.append((step_of(was, is_now), f"{place} is {word}"))
    if before | {"version": 0, "schema": 0} != now | {"version": 0, "schema": 0}:
        found.append(("patch", "the contract's own texts are changed"))
    return found


def stop_on_low_version(now: dict) -> None:
    """Raises where the version does not tell what has changed since the last that was kept."""
    kept = kept_versions()
    if not kept:
        return
    last, version = version_of(kept[-1]), now["version"]
    found = changes(yaml.safe_load(kept[-1].read_text(encoding="utf-8")), now)
    step = min((step for step, _ in found), key=STEPS.index, default=None)
    lowest = next_version(last, step) if step else last
    if numbers(version) < numbers(lowest):
        told = "; ".join(sentence for _, sentence in found) or "nothing has changed"
        raise NotPublished(
            f"contract_version is {version} and must be at least {lowest}. "
            f"Since {last}: {told}. Raise it in _extract__sources.yml and run `make contract`."
        )


def documents(source: SimpleNamespace) -> dict[Path, str]:
    """The files and what must stand in them."""
    package = json.dumps(data_package(source), indent=2, ensure_ascii=False)
    return {
        FOLDER / f"{NAME}.odcs.yaml": as_yaml(odcs(source)),
        FOLDER / "datapackage.json": package + "\n",
    }


def as_yaml(document: dict) -> str:
    body = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000)
    return HEADER + LONG_LINES + body


def main() -> int:
    """Exit code 0 where the files are those of the sources, 1 where a sentence says why not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    parser.add_argument("--keep", action="store_true", help="keep this version as published")
    arguments = parser.parse_args()
    source = contract()
    try:
        for path, text in documents(source).items():
            if not arguments.check:
                path.write_text(text, encoding="utf-8")
            elif not path.exists() or path.read_text(encoding="utf-8") != text:
                raise NotPublished(f"{path.name} is not what the sources say: run `make contract`.")
        stop_on_low_version(odcs(source))
        if arguments.keep:
            VERSIONS.mkdir(exist_ok=True)
            kept = VERSIONS / f"{source.version}.odcs.yaml"
            kept.write_text(as_yaml(odcs(source)), encoding="utf-8")
    except NotPublished as reason:
        print(f"docs/contract: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
