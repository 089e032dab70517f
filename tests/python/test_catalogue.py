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

from warehouse import COLUMNS, PROJECT, read_seeds

CATALOGUE = {row["rule_id"]: row for row in read_seeds()["quality_rules"]}
JUDGED_ELSEWHERE = {"DE07", "CA55"}  # for each follow-up period, and for a whole source system
DOC = re.compile(r"doc\(['\"](\w+)['\"]\)")
SPECIFICATION = PROJECT.parent / "shared" / "spec" / "quality_rules.csv"


def models() -> str:
    return "".join(path.read_text() for path in (PROJECT / "models").rglob("*.sql"))


def test_each_rule_is_one_check_and_each_check_a_rule():
    checks = re.findall(r"\(\s*'([A-Z]{2}[0-9]{2})',", models())
    assert sorted(checks) == sorted(CATALOGUE.keys() - JUDGED_ELSEWHERE)
    assert all(f"'{rule}' as rule_id" in models() for rule in JUDGED_ELSEWHERE)


def test_each_rule_is_in_a_unit_test():
    unit_tests = ""
    for path in (PROJECT / "models").rglob("*.yml"):
        unit_tests += str(yaml.safe_load(path.read_text()).get("unit_tests", ""))
    assert [rule for rule in CATALOGUE if rule not in unit_tests] == []


def test_rules_name_columns_of_their_table():
    for rule in CATALOGUE.values():
        assert set(rule["columns"].split(";")) <= set(COLUMNS[rule["source_table"]]), rule


@pytest.mark.skipif(
    not SPECIFICATION.exists(), reason="the specification is not beside the project"
)
def test_catalogue_is_the_specification_s():
    with SPECIFICATION.open(encoding="utf-8") as file:
        specified = {row["rule_id"]: row for row in csv.DictReader(file)}
    fixed = ("severity", "fault", "source_table", "section", "columns")
    for rule_id, row in specified.items():
        if not rule_id.startswith("KD"):
            assert {f: CATALOGUE[rule_id][f] for f in fixed} == {f: row[f] for f in fixed}


def test_contract_in_macros_is_the_one_that_is_described():
    macro = Path(PROJECT / "macros/source/source_contract.sql").read_text()
    found = re.findall(r"'(\w+)': (?:\{|'(?:text|read|person)')", macro)
    assert found == [name for table, columns in COLUMNS.items() for name in (table, *columns)]


@pytest.mark.parametrize("table", COLUMNS)
def test_base_model_describes_the_columns_of_its_table(table):
    path = PROJECT / f"models/staging/extract/base/base_extract__{table}.yml"
    model = yaml.safe_load(path.read_text())["models"][0]
    assert [column["name"] for column in model["columns"]] == COLUMNS[table]


def test_no_model_names_an_engine():
    """What differs between engines is in macros/engine/ alone."""
    engine = re.compile(r"\btarget\b|duckdb|postgres|spark", re.IGNORECASE)
    files = [*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("tests/**/*.sql")]
    assert files
    assert [file.name for file in files if engine.search(file.read_text())] == []


def header(path: Path) -> str:
    """The comment at the beginning of a model, white space aside."""
    lines = takewhile(lambda line: line.startswith("--"), path.read_text().splitlines())
    return " ".join(" ".join(line.removeprefix("--") for line in lines).split())


def test_each_model_is_described_by_its_header():
    described, headers = {}, {}
    for path in (PROJECT / "models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            described[model["name"]] = " ".join(model.get("description", "").split())
    for path in (PROJECT / "models").rglob("*.sql"):
        headers[path.stem] = header(path)
        assert " Grain: " in headers[path.stem], path
    assert described == headers


def test_each_column_text_is_shared():
    """A text that one column needs stands with the column."""
    blocks = re.findall(r"{% docs (\w+) %}", (PROJECT / "models/_columns.md").read_text())
    files = chain(PROJECT.glob("models/**/*.yml"), PROJECT.glob("seeds/**/*.yml"))
    used = Counter(chain.from_iterable(DOC.findall(path.read_text()) for path in files))
    assert [block for block in blocks if used[block] < 2] == []


def test_picture_of_the_rooms_is_that_of_the_models():
    tool = PROJECT / "tools" / "picture.py"
    done = subprocess.run(
        [sys.executable, tool, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
