"""The selectors of selectors.yml: what each builds, and that no build by one is delivered."""

import json
from pathlib import Path

import duckdb
import pytest
import yaml

import deliver
from warehouse import PROJECT, run_dbt, write_extract

SELECTORS = [
    selector["name"]
    for selector in yaml.safe_load((PROJECT / "selectors.yml").read_text())["selectors"]
]
SECTION_OF = {f"section_{number.lower()}": name for number, name in deliver.SECTIONS.items()}


def marts(room: str) -> set[str]:
    return {path.stem for path in (PROJECT / "models" / "marts" / room).glob("*.sql")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("selectors")


@pytest.fixture(scope="module")
def selected(folder: Path) -> dict[str, list]:
    """Nodes by selector, each with its kind and the relations that it reads."""
    keys = ["--output-keys", "unique_id", "name", "resource_type", "depends_on"]
    found = {}
    for selector in SELECTORS:
        listed = run_dbt(folder, ["ls", "--selector", selector, "--output", "json", *keys])
        assert listed.success, listed.exception
        found[selector] = [json.loads(line) for line in listed.result]
    return found


def names(nodes: list[dict], *kinds: str) -> set[str]:
    return {node["name"] for node in nodes if node["resource_type"] in kinds}


def relations(nodes: list[dict]) -> set[str]:
    return names(nodes, "model", "seed")


def test_selectors_are_the_runs_that_people_need() -> None:
    assert ["delivery", "quality", "analytics", *SECTION_OF] == SELECTORS


@pytest.mark.parametrize(
    ("selector", "rooms"),
    [
        ("delivery", ["delivery"]),
        ("quality", ["quality"]),
        ("analytics", ["delivery", "quality"]),
    ],
)
def test_selector_holds_the_marts_of_its_readers(
    selected: dict[str, list], selector: str, rooms: set[str]
) -> None:
    wanted = set().union(*(marts(room) for room in rooms))
    all_marts = marts("delivery") | marts("quality")
    assert relations(selected[selector]) & all_marts == wanted


@pytest.mark.parametrize("selector", SECTION_OF)
def test_section_holds_its_own_mart(selected: dict[str, list], selector: str) -> None:
    wanted = set(SECTION_OF.values()) if selector == "section_i" else {SECTION_OF[selector]}
    assert relations(selected[selector]) & (marts("delivery") | marts("quality")) == wanted


def test_section_ii_reads_no_decisions_and_no_services(selected: dict[str, list]) -> None:
    found = relations(selected["section_ii"])
    assert "int_service_task_runs" in found
    others = ("decisions", "services_received", "child_protection")
    assert {name for name in found if any(other in name for other in others)} == set()


@pytest.mark.parametrize("selector", SELECTORS)
def test_selection_reads_nothing_outside_itself(selected: dict[str, list], selector: str) -> None:
    nodes = selected[selector]
    built = {node["unique_id"] for node in nodes}
    read = {parent for node in nodes for parent in node.get("depends_on", {}).get("nodes", [])}
    assert read <= built, read - built


@pytest.mark.parametrize("selector", SECTION_OF)
def test_codes_of_each_section_are_tested(selected: dict[str, list], selector: str) -> None:
    tests = names(selected[selector], "test")
    assert any(t.startswith(f"codes_are_in_lists_{SECTION_OF[selector]}") for t in tests)


def test_only_analytics_goes_without_unit_tests(selected: dict[str, list]) -> None:
    without = [s for s in SELECTORS if not names(selected[s], "unit_test")]
    assert without == ["analytics"]
    assert names(selected["analytics"], "test") > names(selected["delivery"], "test")


PARTIAL = {
    "a selector": ["build", "--selector", "section_ii", "--exclude-resource-types", "unit_test"],
    "one model": ["build", "--select", "int_follow_up_periods", "--indirect-selection", "empty"],
    "no tests": ["build", "--exclude-resource-types", "test", "unit_test"],
    "no rows": ["build", "--empty", "--exclude-resource-types", "unit_test"],
}


def outcome(folder: Path) -> tuple[bool, int]:
    with duckdb.connect(str(folder / "sosdata.duckdb"), read_only=True) as connection:
        return connection.execute("select is_whole, nodes_failed from build_outcome").fetchone()


@pytest.mark.parametrize("case", PARTIAL)
def test_build_in_part_is_not_whole(case: str, folder: Path) -> None:
    extract = write_extract(folder / "extract", {})
    done = run_dbt(folder, PARTIAL[case], SOSDATA_SOURCE_DIR=extract)
    assert done.success, done.exception
    assert outcome(folder) == (False, 0)


def test_build_of_everything_is_whole_without_unit_tests(folder: Path) -> None:
    extract = write_extract(folder / "extract", {})
    everything = ["build", "--exclude-resource-types", "unit_test"]
    done = run_dbt(folder, everything, SOSDATA_SOURCE_DIR=extract)
    assert done.success, done.exception
    assert outcome(folder) == (True, 0)


def test_failed_test_is_counted(folder: Path) -> None:
    """Nothing is delivered of such a build, whatever ran beside it."""
    rejected = [{"source_system": "sys_a", "client_id": "1"}]
    extract = write_extract(folder / "extract", {"clients": rejected})
    everything = ["build", "--exclude-resource-types", "unit_test"]
    done = run_dbt(folder, everything, SOSDATA_SOURCE_DIR=extract)
    assert not done.success
    assert outcome(folder) == (True, 1)
