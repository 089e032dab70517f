"""The main job: extract -> models and tests -> delivered files -> summary. `make build` runs it."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.results import NodeStatus

import deliver
import summary
from built_relations import NoBuild, open_built

PROJECT = Path(__file__).resolve().parent.parent
DEMO_VARS = {
    "follow_up_periods": ["2025Q3", "2025Q4"],
    "organiser_code": "1.2.246.10.32213086.10.0",
    "extracted_on": "2026-01-15",
    "allow_provisional_codes": True,
}
FAILED = {NodeStatus.Error, NodeStatus.Fail, NodeStatus.RuntimeErr}


class BuildStopped(Exception):
    """Something is wrong with the extract or the settings; the text is for the steward."""


def given_vars(periods: str, extra: str) -> dict:
    """Vars of the build: PERIODS, then VARS."""
    try:
        given = yaml.safe_load(extra) if extra.strip() else {}
    except yaml.YAMLError:
        given = None
    if not isinstance(given, dict):
        raise BuildStopped("VARS is not a mapping such as VARS='{organiser_code: 1.2.246.10.1}'.")
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    for name in given:
        if name not in settings:
            raise BuildStopped(f"VARS: '{name}' is not a setting; docs/settings.md lists them.")
    chosen = periods.replace(",", " ").split()
    return ({"follow_up_periods": chosen} if chosen else {}) | given


def use_demo_extract() -> None:
    """Makes the demo extract unless it is there already and as new as its generator."""
    made = PROJECT / "demo_extract" / "clients.csv"
    sources = [PROJECT / "scripts" / f"demo_extract.{ending}" for ending in ("py", "sql")]
    if not made.exists() or made.stat().st_mtime < max(s.stat().st_mtime for s in sources):
        print("Making the demo extract in demo_extract/ ...", flush=True)
        generator = PROJECT / "scripts" / "demo_extract.py"
        subprocess.run([sys.executable, str(generator), "--out", str(made.parent)], check=True)
    os.environ["SOSDATA_SOURCE_DIR"] = str(made.parent)


def run_dbt(build_vars: dict) -> None:
    """Runs `dbt build`; raises BuildStopped with one sentence if anything failed."""
    outcome = dbtRunner().invoke(["build", "--vars", json.dumps(build_vars, default=str)])
    DuckDBConnectionManager.close_all_connections()
    if outcome.success:
        return
    if "Could not find adapter type" in str(outcome.exception):
        raise BuildStopped(
            f"the adapter of the target {os.environ.get('DBT_TARGET', '')} is not installed in"
            " .venv; run `make setup-engines` (docs/engines.md)."
        )
    if outcome.exception:
        raise BuildStopped(first_sentence(str(outcome.exception)))
    failed = [r for r in outcome.result.results if r.status in FAILED]
    tests = [r.node.name for r in failed if r.node.resource_type in ("test", "unit_test")]
    for result in failed:
        if result.node.name not in tests:
            raise BuildStopped(first_sentence(result.message or result.node.name))
    if any(name == "rejected_share" for name in tests):
        raise BuildStopped(
            "too large a share of a source table's rows was rejected (var max_rejected_share): "
            f"{rejected_shares()}. No files were written. Read the relations quality_violations "
            "and quality_reconciliation, mend the extract and build again."
        )
    raise BuildStopped(f"the data did not pass: {', '.join(tests)}. No files were written.")


def rejected_shares() -> str:
    """How many rows of each source table were rejected, the largest share first."""
    try:
        with open_built([]) as (connection, _):
            tables = connection.execute(
                "select source_table, sum(rows_rejected), sum(rows_in) from quality_reconciliation"
                " group by source_table having sum(rows_rejected) > 0"
                " order by sum(rows_rejected) / sum(rows_in) desc, source_table"
            ).fetchall()
    except NoBuild:
        # Another test failed too, and what stands behind it was not built.
        return "quality_reconciliation says of which"
    return ", ".join(f"{rejected} of {rows} {table}" for table, rejected, rows in tables)


def first_sentence(message: str) -> str:
    """What dbt says, without its frame of node names and call stacks."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith((">", "Compilation Error", "Runtime"))]
    return (told or lines or ["dbt stopped without a message."])[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--periods", default="", help='follow-up periods, such as "2024Q1 2024Q2"')
    parser.add_argument("--vars", default="", help="further dbt vars, as YAML")
    arguments = parser.parse_args()
    os.umask(0o077)
    os.chdir(PROJECT)
    try:
        given = given_vars(arguments.periods, arguments.vars)
        folder = os.environ.get("SOSDATA_SOURCE_DIR")
        is_demo = not folder and not given.get("source_schema")
        if is_demo:
            use_demo_extract()
        elif folder and not Path(folder).is_dir():
            raise BuildStopped(f"the folder {folder} does not exist.")
        run_dbt(DEMO_VARS | given if is_demo else given)
        with open_built(list(deliver.SECTIONS.values())) as (connection, place):
            folders = deliver.deliver(connection, deliver.delivery_dir())
            summary.show(connection, folders, place)
    except (BuildStopped, NoBuild, deliver.NotDelivered) as stopped:
        print(f"\nThe build stopped: {stopped}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
