"""The history of runs: what a build adds to it, what leaves it as it is, and what the page says.

The builds are of a small project with the hooks, macros and sources of this one, and with models
that only have the columns that are counted: they take two seconds each.
"""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml
from dbt.cli.main import dbtRunnerResult

import summary
from deliver import SECTIONS
from warehouse import PROJECT, run_dbt

HOOKS = ("forget_outcome", "make_history", "record_outcome", "record_run")
COUNTS = ("rows_in", "rows_used", "rows_rejected", "rows_out_of_scope", "rows_duplicate")
BUILD = ["build", "--project-dir"]


class SmallProject:
    """The hooks and the history of the project, on rows that a test chooses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
        kept = {key: settings[key] for key in ("name", "profile", "config-version", "vars")}
        kept["models"] = {"+materialized": "table"}
        for when in ("on-run-start", "on-run-end"):
            kept[when] = [hook for hook in settings[when] if any(name in hook for name in HOOKS)]
        assert len(kept["on-run-start"] + kept["on-run-end"]) == len(HOOKS)
        for place in ("models", "tests"):
            (folder / place).mkdir(parents=True)
        (folder / "dbt_project.yml").write_text(yaml.safe_dump(kept))
        (folder / "macros").symlink_to(PROJECT / "macros")
        quality = PROJECT / "models" / "marts" / "quality"
        for path in (
            quality / "_history__sources.yml",
            quality / "quality_run_changes.sql",
            PROJECT / "models" / "_columns.md",
        ):
            (folder / "models" / path.name).symlink_to(path)
        self.write("models/delivery_periods", "select '2024Q1' as follow_up_period")
        for relation in SECTIONS.values():
            self.write(f"models/{relation}", "select '2024Q1' as follow_up_period")
        self.write("models/sosdata_decisions", "select '2023Q4' as follow_up_period")
        self.set_test("false")

    def write(self, name: str, sql: str) -> None:
        (self.folder / f"{name}.sql").write_text(sql)

    def set_counts(self, *counts: tuple[str, str, int, int]) -> None:
        """Rows of quality_reconciliation: table, system, rows in and rejected."""
        rows = []
        for table, system, rows_in, rejected in counts:
            numbers = zip(COUNTS, (rows_in, rows_in - rejected, rejected, 0, 0), strict=True)
            cells = ", ".join(f"cast({number} as bigint) as {name}" for name, number in numbers)
            rows.append(f"select '{table}' as source_table, '{system}' as source_system, {cells}")
        self.write("models/quality_reconciliation", " union all ".join(rows))

    def set_test(self, found: str) -> None:
        (self.folder / "tests" / "a_test.sql").write_text(f"select 1 as one where {found}")

    def build(
        self, run: Callable[..., dbtRunnerResult], day: str, *options: str, **settings: object
    ) -> bool:
        # What stands between quotation marks and backslashes on one engine does not on another.
        given = {"extracted_on": day, "source_table_cases": "o'\"\\cases", **settings}
        result = run([*BUILD, str(self.folder), *options], given)
        assert result.exception is None, result.exception
        return result.success


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return SmallProject(tmp_path / "project")


def history_grows(
    project: SmallProject, run: Callable[..., dbtRunnerResult], rows: Callable[[str], list]
) -> None:
    """Two builds that pass, one that fails and one in part; asked with the engine's own SQL."""
    project.set_counts(("cases", "north", 100, 2), ("clients", "north", 50, 0))
    assert project.build(run, "2026-01-01")
    compared = "select compared_extracted_on, rows_in_before from {}quality_run_changes"
    assert rows(compared) == [(None, None), (None, None)]

    # As an older version made it.
    rows("alter table {}_history.run_history rename column seconds to seconds_by_another_name")
    project.set_counts(("cases", "north", 88, 5), ("clients", "south", 50, 0))
    assert project.build(run, "2026-02-01", "--full-refresh")
    changes = (
        "select source_table, source_system, cast(compared_extracted_on as varchar(10)), rows_in,"
        " rows_in_before, rows_in_change_percent, rows_rejected, rows_rejected_before"
        " from {}quality_run_changes order by 1, 2"
    )
    assert rows(changes) == [
        ("cases", "north", "2026-01-01", 88, 100, -12, 5, 2),
        ("clients", "north", "2026-01-01", 0, 50, -100, 0, 0),
        ("clients", "south", "2026-01-01", 50, 0, None, 0, 0),
    ]

    assert project.build(run, "2026-03-01", "--exclude", "sosdata_clients")
    project.set_test("true")
    assert not project.build(run, "2026-03-02", sections="I II III")
    runs = (
        "select cast(extracted_on as varchar(10)), passed, nodes_failed, seconds is null, settings,"
        " project_version, run_id from {}_history.run_history order by 1"
    )
    found = rows(runs)
    assert [run[:4] for run in found] == [
        ("2026-01-01", True, 0, True),
        ("2026-02-01", True, 0, False),
        ("2026-03-02", False, 1, False),
    ]
    settings = json.loads(found[2][4])
    assert settings["sections"] == ["I", "II", "III"] and settings["max_rejected_share"] == "0.05"
    assert settings["source_table_cases"] == "o'\"\\cases"
    assert set(settings) == set(yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"])
    number = {run[6]: place for place, run in enumerate(found)}
    counts = rows(f"select run_id, {', '.join(COUNTS)} from {{}}_history.run_history_rows")
    assert sorted((number[run], *counted) for run, *counted in counts) == [
        (0, 50, 50, 0, 0, 0),
        (0, 100, 98, 2, 0, 0),
        (1, 50, 50, 0, 0, 0),
        (1, 88, 83, 5, 0, 0),
        (2, 50, 50, 0, 0, 0),
        (2, 88, 83, 5, 0, 0),
    ]
    delivered = rows("select * from {}_history.run_history_deliveries")
    assert sorted((number[run], *counted) for run, *counted in delivered) == [
        (run, "2024Q1", section, 0 if section == "IV" else 1)
        for run in (0, 1, 2)
        for section in ("I", "II", "III", "IV", "V")
        if run < 2 or section in ("I", "II", "III")
    ]


def test_history_grows_by_whole_builds(project: SmallProject, tmp_path: Path) -> None:
    def run(command: list[str], dbt_vars: dict) -> dbtRunnerResult:
        return run_dbt(tmp_path, command, dbt_vars)

    def rows(query: str) -> list[tuple]:
        query = query.replace("{}_", "main_").replace("{}", "")
        with duckdb.connect(str(tmp_path / "sosdata.duckdb")) as connection:
            return connection.execute(query).fetchall()

    history_grows(project, run, rows)

    # What a build stopped before it was counted is not taken for that of the build before.
    project.write("models/quality_reconciliation", "select no_column as rows_in")
    project.set_test("false")
    assert not project.build(run, "2026-04-01")
    latest = "select run_id from main_history.run_history where extracted_on = '2026-04-01'"
    assert rows(
        f"select passed, nodes_failed from ({latest}), main_history.run_history"
        " where run_history.run_id = unnamed_subquery.run_id"
    ) == [(False, 2)]
    assert rows(f"from main_history.run_history_rows where run_id in ({latest})") == []


def test_version_is_that_of_the_project() -> None:
    macro = (PROJECT / "macros" / "delivery" / "run_history.sql").read_text()
    version = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["version"]
    assert f"return('{version}')" in macro


CHANGES = {
    "first run": ([("cases", None, None, 88, None, 5, None)], []),
    "fewer and more": (
        [
            ("cases", "2026-10-03", "2026-10-01", 880, 1000, 3, 1),
            ("decisions", "2026-10-03", "2026-10-01", 60, 60, 0, 0),
            ("decisions", "2026-10-03", "2026-10-01", 43, 40, 1, 0),
            ("services_received", "2026-10-03", "2026-10-01", 1009, 1000, 1040, 1000),
            ("identity_changes", "2026-10-03", "2026-10-01", 7, 0, 0, 0),
            ("clients", "2026-10-03", "2026-10-01", 0, 0, 0, 0),
        ],
        [
            "Since the run of 2026-10-03 (extract of 2026-10-01): 12 % fewer cases, 7 identity"
            " changes where none were, 3 % more decisions.",
            "Rejected rows: 43 more, 1,044 in all.",
        ],
    ),
    "nothing": (
        [("cases", "2026-10-03", "2026-10-01", 1009, 1000, 1, 1)],
        [
            "Since the run of 2026-10-03 (extract of 2026-10-01): no table changed by 1 % or more.",
            "Rejected rows: as many, 1 in all.",
        ],
    ),
    "all": (
        [("child_protection_relationships", "2026-10-03", "2026-10-01", 0, 10, 0, 4)],
        [
            "Since the run of 2026-10-03 (extract of 2026-10-01): 100 % fewer child protection"
            " relationships.",
            "Rejected rows: 4 fewer, 0 in all.",
        ],
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_page_says_what_changed(case: str, capsys: pytest.CaptureFixture) -> None:
    rows, told = CHANGES[case]
    with duckdb.connect() as connection:
        connection.execute(
            "create table quality_run_changes (source_table text, compared_run_on date,"
            " compared_extracted_on date, rows_in bigint, rows_in_before bigint,"
            " rows_rejected bigint, rows_rejected_before bigint)"
        )
        connection.executemany("insert into quality_run_changes values (?, ?, ?, ?, ?, ?, ?)", rows)
        summary.show_changes(connection)
    said = capsys.readouterr().out
    assert all(len(line) <= 118 for line in said.splitlines())
    assert " ".join(said.split()) == " ".join(told)
