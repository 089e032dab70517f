"""The catalogue and the code match one to one, and what is described is as it is."""

import csv
import re
import subprocess
import sys
from collections import Counter
from itertools import chain, takewhile
from pathlib import Path

import pytest
import yaml

from deliver import SECTIONS
from warehouse import COLUMNS, PROJECT, read_seeds

CATALOGUE = {row["rule_id"]: row for row in read_seeds()["quality_rules"]}
DOC = re.compile(r"doc\(['\"](\w+)['\"]\)")
SPECIFICATION = PROJECT.parent / "shared" / "spec" / "quality_rules.csv"


def checks() -> list[tuple[str, list[str]]]:
    """Each list of checks in the models: its name, and the ids of its rules in order."""
    lists = []
    for path in (PROJECT / "models").rglob("*.sql"):
        for name, body in re.findall(
            r"{% set (errors|warnings) = \[(.*?)\n\] %}", path.read_text(), re.S
        ):
            lists.append((name, re.findall(r"^    \('([A-Z]{2}[0-9]{2})', ", body, re.MULTILINE)))
    return lists


def test_each_rule_is_one_check_and_each_check_a_rule() -> None:
    found = [rule for _, rules in checks() for rule in rules]
    assert sorted(found) == sorted(CATALOGUE)


def test_a_check_stands_in_the_list_of_its_severity_in_the_order_of_the_catalogue() -> None:
    order = list(CATALOGUE)
    for name, rules in checks():
        assert {CATALOGUE[rule]["severity"] + "s" for rule in rules} == {name}
        assert rules == sorted(rules, key=order.index)


def test_a_rule_names_its_columns_in_the_order_in_which_what_stood_there_is_listed() -> None:
    described = yaml.safe_load(
        (PROJECT / "models/intermediate/quality/int_quality__judged_rows.yml").read_text()
    )
    listed = [column["name"].removesuffix("_text") for column in described["models"][0]["columns"]]
    for rule in CATALOGUE.values():
        shown = [column for column in rule["columns"].split(";") if column in listed]
        assert shown == sorted(shown, key=listed.index), rule["rule_id"]


def test_each_rule_is_in_a_unit_test() -> None:
    unit_tests = ""
    for path in (PROJECT / "models").rglob("*.yml"):
        unit_tests += str(yaml.safe_load(path.read_text()).get("unit_tests", ""))
    assert [rule for rule in CATALOGUE if rule not in unit_tests] == []


def test_rules_name_columns_of_their_table() -> None:
    for rule in CATALOGUE.values():
        assert set(rule["columns"].split(";")) <= set(COLUMNS[rule["source_table"]]), rule


@pytest.mark.skipif(
    not SPECIFICATION.exists(), reason="the specification is not beside the project"
)
def test_catalogue_is_the_specification_s() -> None:
    with SPECIFICATION.open(encoding="utf-8") as file:
        specified = {row["rule_id"]: row for row in csv.DictReader(file)}
    fixed = ("severity", "fault", "source_table", "section", "columns")
    for rule_id, row in specified.items():
        if not rule_id.startswith("KD"):
            assert {f: CATALOGUE[rule_id][f] for f in fixed} == {f: row[f] for f in fixed}


def test_contract_in_macros_is_the_one_that_is_described() -> None:
    macro = Path(PROJECT / "macros/source/source_contract.sql").read_text()
    found = re.findall(r"'(\w+)': (?:\{|'(?:text|read|person)')", macro)
    assert found == [name for table, columns in COLUMNS.items() for name in (table, *columns)]


@pytest.mark.parametrize("table", COLUMNS)
def test_base_model_describes_the_columns_of_its_table(table: str) -> None:
    path = PROJECT / f"models/staging/extract/base/base_extract__{table}.yml"
    model = yaml.safe_load(path.read_text())["models"][0]
    assert [column["name"] for column in model["columns"]] == COLUMNS[table]


def test_sections_of_models_are_those_of_the_files() -> None:
    macro = (PROJECT / "macros/delivery/delivery_sections.sql").read_text()
    found = re.findall(r"\('([IV]+)', '(\w+)', ", macro)
    assert found == list(SECTIONS.items())


def test_no_model_names_an_engine() -> None:
    """What differs between engines is in macros/engine/ alone."""
    engine = re.compile(r"\btarget\b|duckdb|postgres|spark", re.IGNORECASE)
    files = [*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("tests/**/*.sql")]
    assert files
    assert [file.name for file in files if engine.search(file.read_text())] == []


def header(path: Path) -> str:
    """The comment at the beginning of a model, white space aside."""
    lines = takewhile(lambda line: line.startswith("--"), path.read_text().splitlines())
    return " ".join(" ".join(line.removeprefix("--") for line in lines).split())


def test_each_model_is_described_by_its_header() -> None:
    described, headers = {}, {}
    for path in (PROJECT / "models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            described[model["name"]] = " ".join(model.get("description", "").split())
    for path in (PROJECT / "models").rglob("*.sql"):
        headers[path.stem] = header(path)
        assert " Grain: " in headers[path.stem], path
    assert described == headers


def test_each_column_text_is_shared() -> None:
    """A text that one column needs stands with the column."""
    blocks = re.findall(r"{% docs (\w+) %}", (PROJECT / "models/_columns.md").read_text())
    files = chain(PROJECT.glob("models/**/*.yml"), PROJECT.glob("seeds/**/*.yml"))
    used = Counter(chain.from_iterable(DOC.findall(path.read_text()) for path in files))
    assert [block for block in blocks if used[block] < 2] == []


def test_picture_of_the_rooms_is_that_of_the_models() -> None:
    tool = PROJECT / "tools" / "picture.py"
    done = subprocess.run(
        [sys.executable, tool, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_unit_tests_have_names_that_postgresql_does_not_cut() -> None:
    """It makes a relation of each name, and cuts names at 63 characters."""
    units = [
        unit["name"]
        for path in sorted(PROJECT.glob("models/**/*.yml"))
        for unit in yaml.safe_load(path.read_text(encoding="utf-8")).get("unit_tests", [])
    ]
    assert len(units) > 80
    assert [name for name in units if len(name) > 60] == []


def test_municipalities_have_the_county_that_they_were_in() -> None:
    """Every one that was there in 2023 or later (A3), but for abroad and unknown."""
    seeds = read_seeds()
    counties = {row["code"] for row in seeds["codes_counties"]}
    assert counties == {f"{number:02}" for number in range(1, 22)} | {"90", "91"}
    without = set()
    for row in seeds["codes_municipalities"]:
        lasted = row["valid_to"] == "" or row["valid_to"] >= "2023-01-01"
        assert (row["county_code"] in counties) or row["county_code"] == "", row["code"]
        if lasted != (row["county_code"] != ""):
            without.add(row["code"])
    assert without == {"198", "199", "200"}
