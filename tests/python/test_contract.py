"""The published contract is that of the sources, and a vendor's check finds what it can find."""

import copy
import csv
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from datacontract.data_contract import DataContract
from frictionless import Package

import demo_extract
import publish_contract
import slow_reading
from warehouse import COLUMNS, PROJECT, TABLES

PUBLISHED = PROJECT / "docs" / "contract" / "sosdata_extract.odcs.yaml"
PACKAGE = PROJECT / "docs" / "contract" / "datapackage.json"
# As rules of quality_rules.csv say: x01, x03, CL03, CL05, CL07, CA05, DE06, SR06 and IC01.
MANDATORY = {"source_system", "client_id", *TABLES.values()} | {
    "personal_identity_code",
    "home_municipality_code",
    "sex_code",
    "social_service_code",
    "old_personal_identity_code",
    "new_personal_identity_code",
}
FORMS: dict[str, Callable] = {"updated_at": slow_reading.read_time} | {
    **dict.fromkeys(["opened_on", "closed_on", "started_on", "ended_on"], slow_reading.read_date),
    **dict.fromkeys(["decided_on", "valid_from", "valid_until"], slow_reading.read_date),
    **dict.fromkeys(["opened_before_2020", "started_before_2020"], slow_reading.read_mark),
    "follow_up_period": slow_reading.read_quarter,
}
CLEAN = {
    "clients": ["s,1,010190-900P,837,2,2024-01-31 09:30+02:00", "s,2, 010190-900P\u00a0,x,9,"],
    "cases": ["s,1,1,,10,2024-01-31,2024-02-01T00:00:00,NO", "s,2,2,,10,,  ,yes"],
    "child_protection_relationships": ["s,1,1,,2024-01-31,,0"],
    "decisions": ["s,1,1,,100,,2024-01-31,,,"],
    "services_received": ["s,1,1,,100,,,,2024Q1"],
    "identity_changes": ["s,1,010190-900P,020190-9016,yesterday"],
}


def write(folder: Path, tables: dict[str, list[str]]) -> Path:
    """The files of an extract without the column unit, and the package beside them."""
    for table, rows in tables.items():
        header = ",".join(column for column in COLUMNS[table] if column != "unit")
        (folder / f"{table}.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    shutil.copy(PACKAGE, folder)
    return folder


def reported(folder: Path) -> set[tuple]:
    """Table, row as the file counts, and column or kind of each fault; no cell."""
    report = Package(str(folder / "datapackage.json")).validate()
    assert report.errors == []
    return {
        (
            task.name,
            getattr(error, "row_number", None),
            getattr(error, "field_name", None) or error.type,
        )
        for task in report.tasks
        for error in task.errors
    }


def is_wrong(column: str, cell: str) -> bool:
    """What a schema can see: of an identity code not its day and its last character."""
    if column in slow_reading.IDENTITY_CODE_COLUMNS:
        return len(cell) != 11
    if cell == "":
        return column in MANDATORY
    text = slow_reading.trimmed(cell)
    return column in FORMS and bool(text) and FORMS[column](text) is slow_reading.UNREADABLE


def faults(folder: Path) -> set[tuple]:
    """The same, read row by row without the schema."""
    found, clients = set(), set()
    for table in TABLES:
        seen = set()
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                mandatory = MANDATORY | ({"service_task_code"} if table == "cases" else set())
                for column, cell in row.items():
                    if is_wrong(column, cell) or (cell == "" and column in mandatory):
                        found.add((table, number, column))
                key = (row["source_system"], row[TABLES[table]])
                if key in seen:
                    found.add((table, number, "primary-key"))
                seen.add(key)
                if table == "clients":
                    clients.add(key)
                elif "client_id" in row and (row["source_system"], row["client_id"]) not in clients:
                    found.add((table, number, "foreign-key"))
    return found


def test_files_are_those_of_the_sources() -> None:
    command = [sys.executable, PROJECT / "tools" / "publish_contract.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_contract_has_the_columns_and_keys_that_are_described() -> None:
    for table, described in publish_contract.contract().tables.items():
        assert list(described.columns) == COLUMNS[table]
        assert described.description.endswith(f"Key: {', '.join(described.key)}.")
        for name, column in described.columns.items():
            has_form = re.match(r"YYYY|DDMM|true/false|Quarter|When|The code", column.description)
            # Nobody reads it.
            expected = bool(has_form) and name != "changed_on"
            assert (column.pattern is not None) == expected, (table, name)
            for example in column.examples or []:
                assert re.fullmatch(column.pattern, example), (table, name)
            if name in slow_reading.IDENTITY_CODE_COLUMNS:
                assert all(slow_reading.is_well_formed(example) for example in column.examples)
                assert all(slow_reading.individual_number(code) >= 900 for code in column.examples)


def test_doc_blocks_are_resolved() -> None:
    assert publish_contract.texts()("A {{ doc('sosdata', 'follow_up_period') }}").startswith(
        "A Follow-up period: a calendar quarter such as 2024Q1"
    )


def test_clean_extract_without_optional_column_passes(tmp_path: Path) -> None:
    assert reported(write(tmp_path, CLEAN)) == set()


def test_other_columns_in_any_order_pass(tmp_path: Path) -> None:
    write(tmp_path, CLEAN)
    rows = ["unit,sex_code,remark,home_municipality_code,personal_identity_code,client_id"]
    rows += [",1,,837,010190-900P,1", '"a\nb",1,x,837,010190-900P,2']
    systems = ["source_system,updated_at", "s,", "s,"]
    text = "".join(f"{row},{system}\n" for row, system in zip(rows, systems, strict=True))
    (tmp_path / "clients.csv").write_text(text, encoding="utf-8")
    assert reported(tmp_path) == set()


@pytest.mark.parametrize(
    ("table", "row", "fault"),
    [
        ("clients", "s,,010190-900P,837,2,", "client_id"),
        ("clients", "s,3,010190-900p,837,2,", "personal_identity_code"),
        ("clients", "s,3,,837,2,", "personal_identity_code"),
        ("clients", "s,3,010190-900P,837,2,31.1.2024", "updated_at"),
        ("clients", "s,1,010190-900P,837,2,", "primary-key"),
        ("cases", "s,3,1,,10,9999-12-31,,", "opened_on"),
        ("cases", "s,3,1,,10,2024-01-31,2024-13-01,", "closed_on"),
        ("cases", "s,3,1,,10,2024-01-31,2024-01-31 09:30,", "closed_on"),
        ("cases", "s,3,1,,10,2024-01-31,,perhaps", "opened_before_2020"),
        ("cases", "s,3,1,,,2024-01-31,,", "service_task_code"),
        ("cases", "s,3,3,,10,2024-01-31,,", "foreign-key"),
        ("services_received", "s,3,1,,100,,,,2024Q5", "follow_up_period"),
        ("identity_changes", "s,3,010190-900P,,", "new_personal_identity_code"),
    ],
)
def test_row_with_a_fault_is_reported_alone(
    tmp_path: Path, table: str, row: str, fault: str
) -> None:
    rows = [*CLEAN[table], row]
    folder = write(tmp_path, CLEAN | {table: rows})
    assert reported(folder) == {(table, len(rows) + 1, fault)}


def test_a_file_without_a_column_is_reported(tmp_path: Path) -> None:
    write(tmp_path, CLEAN)
    (tmp_path / "identity_changes.csv").write_text("source_system,change_id\n", encoding="utf-8")
    assert {place[0] for place in reported(tmp_path)} == {"identity_changes"}


def test_of_the_demo_exactly_the_rows_with_a_fault_of_form_are_reported(tmp_path: Path) -> None:
    demo_extract.write_tables(tmp_path, persons=1000, file_format="csv")
    shutil.copy(PACKAGE, tmp_path)
    found = reported(tmp_path)
    assert found == faults(tmp_path)
    assert {table for table, *_ in found} == set(TABLES)
    assert {"primary-key", "foreign-key"} < {fault for *_, fault in found}


def with_column(document: dict, **column: object) -> None:
    document["schema"][0]["properties"].append({"name": "new", "required": False} | column)


ABSENT = [{"property": "columnMayBeAbsent", "value": True}]


@pytest.mark.parametrize(
    ("change", "version"),
    [
        (lambda d: None, "1.0.0"),
        (lambda d: d["schema"][0].update(description="Said better."), "1.0.1"),
        (lambda d: d.update(status="deprecated"), "1.0.1"),
        (lambda d: with_column(d, customProperties=ABSENT), "1.1.0"),
        (lambda d: d["schema"][0]["properties"][2].update(required=False), "1.1.0"),
        (lambda d: d["schema"][0]["properties"][5].pop("logicalTypeOptions"), "1.1.0"),
        (with_column, "2.0.0"),
        (lambda d: with_column(d, required=True, customProperties=ABSENT), "2.0.0"),
        (lambda d: d["schema"][0]["properties"].pop(), "2.0.0"),
        (lambda d: d["schema"][0]["properties"][5].update(name="changed_at"), "2.0.0"),
        (lambda d: d["schema"][0]["properties"][5].update(required=True), "2.0.0"),
        (lambda d: d["schema"][0]["properties"][6].pop("customProperties"), "2.0.0"),
        (lambda d: d["schema"][0]["properties"][3].update(logicalTypeOptions={}), "1.0.1"),
        (
            lambda d: d["schema"][0]["properties"][3].update(logicalTypeOptions={"pattern": "x"}),
            "2.0.0",
        ),
        (lambda d: d["schema"].pop(), "2.0.0"),
    ],
)
def test_a_change_needs_a_version_that_is_higher_by_what_it_asks(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    change: Callable[[dict], object],
    version: str,
) -> None:
    before = publish_contract.odcs(publish_contract.contract()) | {"version": "1.0.0"}
    monkeypatch.setattr(publish_contract, "VERSIONS", tmp_path)
    for kept in ("0.9.0", "1.0.0"):
        (tmp_path / f"{kept}.odcs.yaml").write_text(publish_contract.as_yaml(before))
    now = copy.deepcopy(before)
    change(now)
    publish_contract.stop_on_low_version(now | {"version": version})
    lower = {"1.0.0": "0.9.9", "1.0.1": "1.0.0", "1.1.0": "1.0.9", "2.0.0": "1.9.9"}[version]
    with pytest.raises(publish_contract.NotPublished, match=f"must be at least {version}"):
        publish_contract.stop_on_low_version(now | {"version": lower})


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("nothing may be fetched")

    monkeypatch.setattr(socket.socket, "connect", connect)


def contract_of(path: Path, document: dict) -> DataContract:
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return DataContract(data_contract_file=str(path))


@pytest.mark.usefixtures("no_network")
def test_contract_is_one_by_the_standard(tmp_path: Path) -> None:
    assert DataContract(data_contract_file=str(PUBLISHED)).lint().has_passed()
    wrong = yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))
    wrong["schema"][0]["properties"][0]["logicalType"] = "text"
    assert not contract_of(tmp_path / "wrong.yaml", wrong).lint().has_passed()


@pytest.mark.usefixtures("no_network")
def test_changelog_names_what_has_changed(tmp_path: Path) -> None:
    now = yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))
    with_column(now)
    published = DataContract(data_contract_file=str(PUBLISHED))
    found = published.changelog(contract_of(tmp_path / "now.yaml", now)).summary
    assert [entry.path for entry in found] == ["schema.clients.properties.new"]


def test_page_shows_what_the_command_says(tmp_path: Path) -> None:
    """Of the clean extract and one row with a fault, on a terminal of the page's width."""
    row = "s,3,3,,10,31.1.2024,,"
    write(tmp_path, CLEAN | {"cases": [*CLEAN["cases"], row]})
    page = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")
    command = [Path(sys.executable).with_name("frictionless"), "validate", "datapackage.json"]
    assert f"{command[0].name} {' '.join(command[1:])}" in page
    environment = os.environ | {"COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 1
    shown = {line.strip() for line in page.splitlines()}
    assert [line for line in done.stdout.splitlines() if line.strip() not in shown] == []
