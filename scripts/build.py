"""The main job: extract -> models and tests -> drafts -> summary. `make build` runs it."""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.exceptions import ApproximateMatchError
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ResultNode
from dbt.contracts.results import NodeStatus, RunExecutionResult
from dbt_common.events.base_types import EventMsg

import analytics_file
import deliver
import summary
from built_relations import NoBuild, open_built

# That of a county which installs this one as a package, or this one.
PROJECT = deliver.PROJECT
PACKAGE = Path(__file__).resolve().parent.parent
DEMO_VARS = {
    "follow_up_periods": ["2025Q3", "2025Q4"],
    "organiser_code": "1.2.246.10.32213086.10.0",
    "extracted_on": "2026-01-15",
    "allow_provisional_codes": True,
}
FAILED = {NodeStatus.Error, NodeStatus.Fail, NodeStatus.RuntimeErr}
# The lines that dbt puts before a message: what kind it is, and of which node.
HEADING = re.compile(r"\w+ Error( in .*)?$|\S+ failed, error:$")
QUIET = ["--log-level", "none", "--no-print"]


class BuildStopped(Exception):
    """Something is wrong with the extract or the settings; the text is for the steward."""


class Progress:
    """A line for each tenth of the build, and what the project's own hooks tell."""

    def __init__(self) -> None:
        self.tenths = 0
        self.told: list[str] = []

    def hear(self, event: EventMsg) -> None:
        """Called by dbt for each of its events."""
        if event.info.name == "JinjaLogInfo":
            self.told.append(event.data.msg)
        elif event.info.name in ("LogModelResult", "LogSeedResult", "LogTestResult"):
            total = event.data.num_models if "Test" in event.info.name else event.data.total
            tenths = event.data.index * 10 // total
            if tenths > self.tenths:
                self.tenths = tenths
                print(f"  {event.data.index} of {total}", flush=True)


def given_vars(periods: str, extra: str) -> dict:
    """Vars of the build: PERIODS, then VARS."""
    try:
        given = yaml.safe_load(extra) if extra.strip() else {}
    except yaml.YAMLError:
        given = None
    if not isinstance(given, dict):
        raise BuildStopped("VARS is not a mapping such as VARS='{organiser_code: 1.2.246.10.1}'.")
    chosen = periods.replace(",", " ").split()
    return ({"follow_up_periods": chosen} if chosen else {}) | given


def is_demo(given: dict) -> bool:
    """Whether nothing says what to build; dbt asks the same in is_demo()."""
    target = os.environ.get("DBT_TARGET", "duckdb")
    return (
        PROJECT == PACKAGE
        and "SOSDATA_SOURCE_DIR" not in os.environ
        and not given.get("source_schema")
        and target == "duckdb"
    )


def use_demo() -> None:
    """Makes the demo extract unless it is as new as its generator; its database lies beside it."""
    folder = deliver.demo_dir()
    made = folder / "extract" / "clients.csv"
    sources = [PACKAGE / "tools" / "demo" / f"demo_extract.{ending}" for ending in ("py", "sql")]
    if not made.exists() or made.stat().st_mtime < max(s.stat().st_mtime for s in sources):
        print("Making the demo extract ...", flush=True)
        generator = PACKAGE / "tools" / "demo" / "demo_extract.py"
        command = [sys.executable, str(generator), "--out", str(made.parent)]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
            raise BuildStopped(f"the demo extract could not be made in {made.parent}.")
    os.environ["SOSDATA_DEMO_DIR"] = str(folder)
    os.environ["SOSDATA_DUCKDB_PATH"] = str(folder / "sosdata.duckdb")
    # Of artificial persons, and so no secret; a real key is never used on them.
    os.environ["SOSDATA_PSEUDONYM_SALT"] = "artificial persons of the demo"


def stop_on_wrong_places() -> None:
    """What dbt or the engine would only stumble over."""
    language = os.environ.get("SOSDATA_LANGUAGE", "en")
    if language not in summary.LANGUAGES:
        raise BuildStopped("SOSDATA_LANGUAGE is none of en, sv and fi.")
    path = os.environ.get("SOSDATA_DUCKDB_PATH")
    if path is None:
        return
    if not path.strip():
        raise BuildStopped("SOSDATA_DUCKDB_PATH is set but empty: name a file, or unset it.")
    if re.search("[?#%;'\"\\\\]", path):
        raise BuildStopped(
            "SOSDATA_DUCKDB_PATH holds ?, #, %, a semicolon, a quotation mark or a backslash:"
            " choose another name."
        )
    if re.match("[a-zA-Z0-9_]{2,}:|:", path):
        raise BuildStopped("SOSDATA_DUCKDB_PATH is no file of this machine: name a file.")
    schemas = ("loaded_extract", "loaded_record")
    kept = ("main", "temp", "system", "information_schema", "pg_catalog", *schemas)
    if Path(path).stem.lower() in kept:
        raise BuildStopped(
            f"SOSDATA_DUCKDB_PATH: {Path(path).name} is a name that the engine keeps for itself:"
            " choose another."
        )


def stop_on_unreadable_seeds(folder: Path) -> None:
    """dbt would say which byte it could not read, and not of which file."""
    for path in sorted(folder.rglob("*.csv")):
        try:
            path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise BuildStopped(
                f"{path.name} is not UTF-8. Save it again from the spreadsheet as “CSV UTF-8” with"
                f" commas ({path})."
            ) from None
        except OSError:
            raise BuildStopped(f"{path} may not be read by this account.") from None


def run_dbt(build_vars: dict) -> Manifest:
    """Runs `dbt build`; raises BuildStopped with what is wrong if anything failed."""
    dbt_vars = ["--vars", json.dumps(build_vars, default=str)]
    parsed = dbtRunner().invoke(["parse", *QUIET, *dbt_vars])
    stop_on(parsed, [])
    manifest = parsed.result
    assert isinstance(manifest, Manifest)
    progress = Progress()
    built = dbtRunner(manifest=manifest, callbacks=[progress.hear]).invoke(
        # Unit tests say nothing of the data; make test runs them.
        ["build", "--exclude-resource-type", "unit_test", *QUIET, *dbt_vars]
    )
    DuckDBConnectionManager.close_all_connections()
    stop_on(built, progress.told)
    print("".join(f"{sentence}\n" for sentence in progress.told), end="")
    return manifest


def stop_on(outcome: dbtRunnerResult, told: list[str]) -> None:
    """Raises BuildStopped where dbt failed, with what the hooks told."""
    if outcome.success:
        return
    if isinstance(outcome.exception, ApproximateMatchError):
        raise BuildStopped(
            "a table has a name that differs from the one looked for in upper and lower case only:"
            " rename it, or set the var source_table_<table>."
        )
    if "Could not find adapter type" in str(outcome.exception):
        raise BuildStopped(
            f"the adapter of the target {os.environ.get('DBT_TARGET', '')} is not installed in"
            " .venv; run `make setup-engines` (docs/engines.md)."
        )
    if outcome.exception:
        raise BuildStopped(first_sentence(str(outcome.exception)))
    assert isinstance(outcome.result, RunExecutionResult)
    failed = [r for r in outcome.result.results if r.status in FAILED]
    # A hook at the end may only have stumbled over what a node before it did not make.
    failed.sort(key=lambda result: result.node.resource_type == "operation")
    for result in failed:
        if result.status != NodeStatus.Fail:
            told_first = first_sentence(result.message or result.node.name)
            raise BuildStopped(told_first + place_of(result.node))
    tests = ", ".join(result.node.name for result in failed)
    raise BuildStopped("\n".join([f"the data did not pass: {tests}.", *told]))


def place_of(node: ResultNode) -> str:
    """The file of a county's own model: an engine's complaint does not name it."""
    is_own = PROJECT != PACKAGE and node.package_name != "sosdata"
    return f" ({node.original_file_path})" if is_own and node.resource_type == "model" else ""


def first_sentence(message: str) -> str:
    """What dbt or the database says first, without dbt's headings."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    told = [line for line in lines if not HEADING.match(line)]
    return without_cells((told or lines or ["dbt stopped without a message."])[0])


def without_cells(sentence: str) -> str:
    """A complaint of an engine about a value, without the value."""
    if re.search("convert|invalid|encod|out of range|syntax for type", sentence, re.IGNORECASE):
        return re.sub("[\"'`].*", "(a value)", sentence)
    return sentence


def main() -> int:
    """Exit code 0 where drafts were written, 1 where a sentence says why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--periods", default="", help='follow-up periods, such as "2024Q1 2024Q2"')
    parser.add_argument("--vars", default="", help="further dbt vars, as YAML")
    arguments = parser.parse_args()
    os.umask(0o077)
    os.chdir(PROJECT)
    try:
        given = given_vars(arguments.periods, arguments.vars)
        demo = is_demo(given)
        if demo:
            use_demo()
        stop_on_wrong_places()
        stop_on_unreadable_seeds(PROJECT / "seeds")
        elsewhere = "tables of the warehouse" if PROJECT == PACKAGE else f"the project {PROJECT}"
        source = os.environ.get("SOSDATA_SOURCE_DIR", elsewhere)
        named = "the DEMO of artificial persons" if demo else source
        print(f"Building {named}; dbt's log is logs/dbt.log ...", flush=True)
        manifest = run_dbt(DEMO_VARS | given if demo else given)
        with open_built(list(deliver.SECTIONS.values()), manifest) as (connection, place):
            folders = deliver.deliver(connection, deliver.delivery_dir(demo))
            not_written = analysts_file = None
            try:
                analysts_file = analytics_file.write(connection, manifest)
            except (analytics_file.NotWritten, deliver.NotDelivered) as stopped:
                not_written = stopped
            summary.show(connection, folders, place, manifest, analysts_file)
    except (BuildStopped, NoBuild, deliver.NotDelivered) as stopped:
        print(f"\nThe build stopped: {stopped}", file=sys.stderr)
        return 1
    if not_written:
        print(f"\nThe analysts' file is as it was: {not_written}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
