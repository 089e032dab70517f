"""The catalogue and the code match one to one, and the contract is described as it is read."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from warehouse import COLUMNS, PROJECT, read_seeds

CATALOGUE = {row["rule_id"]: row for row in read_seeds()["quality_rules"]}
JUDGED_ELSEWHERE = {"DE07", "CA55"}  # for each follow-up period, and for a whole source system
SPECIFICATION = PROJECT.parent / "shared" / "spec" / "quality_rules.csv"


def models() -> str:
    return "".join(path.read_text() for path in (PROJECT / "models").rglob("*.sql"))


def test_each_rule_is_one_check_and_each_check_a_rule() -> None:
    checks = re.findall(r"\(\s*'([A-Z]{2}[0-9]{2})',", models())
    assert sorted(checks) == sorted(CATALOGUE.keys() - JUDGED_ELSEWHERE)
    assert all(f"'{rule}' as rule_id" in models() for rule in JUDGED_ELSEWHERE)


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


def test_contract_in_macros_is_the_contract_of_the_tests() -> None:
    macro = Path(PROJECT / "macros/source/source_contract.sql").read_text()
    found = re.findall(r"'(\w+)': (?:\{|'(?:text|read|person)')", macro)
    assert found == [name for table, columns in COLUMNS.items() for name in (table, *columns)]


def test_no_model_names_an_engine() -> None:
    """What differs between engines is in macros/engine/ alone."""
    engine = re.compile(r"\btarget\b|duckdb|postgres|spark", re.IGNORECASE)
    files = [*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("tests/**/*.sql")]
    assert files
    assert [file.name for file in files if engine.search(file.read_text())] == []
