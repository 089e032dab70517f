"""Runs a query of analyses/ on the analysts' marts: its table, and with OUT also CSV and chart."""

import argparse
import csv
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import agate
import duckdb
import yaml
from dbt.adapters.factory import get_adapter_by_type
from dbt.adapters.sql import SQLAdapter
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import AnalysisNode
from dbt.contracts.results import RunExecutionResult
from dbt_common.exceptions import DbtRuntimeError

sys.path.append(str(Path(__file__).resolve().parent.parent / "scripts"))
import built_relations  # noqa: E402
import deliver  # noqa: E402
from analytics_file import analysts_relations  # noqa: E402
from built_relations import NoBuild  # noqa: E402

PACKAGE = Path(__file__).resolve().parent.parent
PAGE = PACKAGE / "docs" / "analyses.md"
SHOWN = 40
SHOWN_ON_PAGE = 12
NO_MARTS = (
    "the analysts' marts are not there: set SOSDATA_PSEUDONYM_SALT and build again"
    " (docs/analytics.md)."
)
NOT_TO_BE_SHOWN = (
    "These figures are exact and may be of few persons: they are for the analyst, not to be shown"
    " or sent on."
)
# What stands above it is written by hand.
MARK = "<!-- Written by `make analyses-page` of the demo -->\n"

Run = Callable[[str], tuple[list[str], list[tuple]]]


@dataclass
class Result:
    """What an analysis asks, in its own words, and its answer; cells are plain numbers, texts."""

    name: str
    words: str
    columns: list[str]
    rows: list[list]

    def records(self) -> list[dict]:
        """A dictionary for each row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass
class Analyses:
    """The analyses that ask nothing but the analysts' marts, and where those stand."""

    manifest: Manifest
    nodes: dict[str, AnalysisNode]
    file: Path | None
    given: dict

    def result(self, name: str) -> Result:
        """Compiles the analysis and asks the engine; raises NoBuild."""
        if name not in self.nodes:
            wrong = f"there is no analysis '{name}'" if name else "NAME is missing"
            raise NoBuild(f"{wrong}; NAME is one of {', '.join(self.nodes)}.")
        node = self.nodes[name]
        with self._engine() as run:
            if "extracted_on" in node.raw_code and not self.given.get("extracted_on"):
                self.given["extracted_on"] = self._day_of_extract(run)
            columns, rows = self._ask(run, node)
        return Result(name, header(node.raw_code), columns, [[*map(plain, row)] for row in rows])

    def _ask(self, run: Run, node: AnalysisNode) -> tuple[list[str], list[tuple]]:
        sql = self._compiled(node)
        if self.file:
            for key in node.depends_on_nodes:
                mart = self.manifest.nodes[key]
                sql = sql.replace(str(mart.relation_name), f'main."{mart.alias}"')
        return run(sql)

    def _compiled(self, node: AnalysisNode) -> str:
        # Nothing is asked of a database, and nothing of the build's target/ is written over.
        command = ["compile", "--no-introspect", "--no-populate-cache", "--no-write-json"]
        given = ["--vars", yaml.safe_dump(self.given), "--select", ".".join(node.fqn)]
        runner = dbtRunner(manifest=self.manifest)
        done = runner.invoke(["--quiet", "--log-level", "none", *command, *given])
        if not done.success or not isinstance(done.result, RunExecutionResult):
            raise NoBuild(f"`dbt compile --select {node.name}` fails, and says why.")
        return str(done.result.results[0].node.compiled_code)

    def is_demo(self) -> bool:
        """Whether the last build was of artificial persons."""
        with self._engine() as run:
            return self._outcome(run, "is_demo") in (True, "true")

    def _day_of_extract(self, run: Run) -> str:
        try:
            return str(self._outcome(run, "extracted_on"))
        except NoBuild as unknown:
            raise NoBuild(
                "the day of the extract is not known here, say it with"
                " VARS='{extracted_on: 2026-01-15}'."
            ) from unknown

    def _outcome(self, run: Run, column: str) -> object:
        adapter = self._adapter()
        credentials = adapter.config.credentials
        place = (credentials.database, credentials.schema, "build_outcome")
        ((cell,),) = run(f"select {column} from {adapter.Relation.create(*place).render()}")[1]
        return cell

    def _adapter(self) -> SQLAdapter:
        return get_adapter_by_type(self.manifest.metadata.adapter_type)

    @contextmanager
    def _engine(self) -> Iterator[Run]:
        adapter = self._adapter()
        credentials = adapter.config.credentials
        if self.file or credentials.type == "duckdb":
            # Read-only, so that nobody's build waits longer than the query takes.
            connection = built_relations.connect_to(self.file or Path(credentials.path))
            try:
                yield lambda sql: run_on_duckdb(connection, sql)
            finally:
                connection.close()
        else:
            # Compiling makes another adapter of the same type, with connections of its own.
            yield self._run_on_engine

    def _run_on_engine(self, sql: str) -> tuple[list[str], list[tuple]]:
        adapter = self._adapter()
        with adapter.connection_named("analysis"):
            try:
                _, cursor = adapter.add_query(sql, auto_begin=False)
                return [column[0] for column in cursor.description], cursor.fetchall()
            except DbtRuntimeError as error:
                message = str(error).lower()
                if "permission denied" in message:
                    told = "the account of the profile may not read the analysts' marts; ask for"
                    raise NoBuild(f"{told} the right to (var analytics_readers).") from error
                if "does not exist" in message or "not_found" in message:
                    raise NoBuild(NO_MARTS) from error
                raise NoBuild(f"the engine stopped ({type(error).__name__}).") from error


def analyses(file: Path | None = None, given: dict | None = None) -> Analyses:
    """The project's analyses of the analysts' marts; raises NoBuild."""
    if file and not file.is_file():
        raise NoBuild(f"there is no file {file}: look at FILE.")
    manifest = built_relations.parse()
    marts = {node.unique_id for node in analysts_relations(manifest)}
    nodes = {
        node.name: node
        for node in manifest.nodes.values()
        if isinstance(node, AnalysisNode)
        and node.depends_on_nodes
        and marts.issuperset(node.depends_on_nodes)
    }
    return Analyses(manifest, dict(sorted(nodes.items())), file, dict(given or {}))


def run_on_duckdb(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[list[str], list[tuple]]:
    """Columns and rows; raises NoBuild where a mart is missing."""
    try:
        found = connection.execute(sql)
    except (duckdb.CatalogException, duckdb.BinderException) as missing:
        raise NoBuild(NO_MARTS) from missing
    except duckdb.Error as error:
        raise NoBuild(f"the engine stopped ({type(error).__name__}).") from error
    return [column[0] for column in found.description], found.fetchall()


def plain(cell: object) -> object:
    """The same cell whatever the engine: sums come as decimals from some."""
    if isinstance(cell, Decimal):
        return int(cell) if cell.as_tuple().exponent == 0 else float(cell)
    return cell


def header(sql: str) -> str:
    """The comment at the top: the question, grain, limits."""
    lines = re.match(r"(?:--.*\n)+", sql)
    return re.sub(r"^-- ?", "", lines[0] if lines else "", flags=re.MULTILINE).strip()


def as_text(cell: object) -> str:
    """A cell as it stands in tables and CSV."""
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)


def print_table(result: Result) -> None:
    """The first rows to the screen."""
    rows = [dict(zip(result.columns, map(as_text, row), strict=True)) for row in result.rows]
    if rows:
        agate.Table.from_object(
            rows, column_types=[agate.Text()] * len(result.columns)
        ).print_table(max_rows=SHOWN, max_columns=None, max_column_width=40, output=sys.stdout)
    print(f"{len(rows)} rows" + (", all of them with OUT=folder" if len(rows) > SHOWN else ""))


def write(result: Result, folder: Path) -> None:
    """CSV, and the chart where the analysis has one; for the owner only."""
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{result.name}.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerows([result.columns, *([*map(as_text, row)] for row in result.rows)])
    svg = chart_of(result)
    if svg:
        (folder / f"{result.name}.svg").write_text(svg, encoding="utf-8")


def chart_of(result: Result) -> str | None:
    """The chart as SVG, or None: analyses of a county's own have none, nor has one without rows."""
    try:
        import analysis_charts
    except ImportError:
        print("No chart: it needs `make setup-dev`.", file=sys.stderr)
        return None
    return analysis_charts.svg(result.name, result.records())


def page(results: list[Result]) -> str:
    """The text of docs/analyses.md."""
    parts = [PAGE.read_text(encoding="utf-8").partition(MARK)[0], MARK]
    for result in results:
        question, _, rest = result.words.partition("\n")
        rest = re.sub(r"\n(?=(Grain|Left out|Limits): )", "\n\n", "\n" + rest).strip()
        parts.append(
            f"\n## {question}\n`{result.name}` ([SQL](../analyses/{result.name}.sql))\n\n{rest}\n\n"
            f"![{question}](analyses/{result.name}.svg)\n\n{as_markdown(result)}"
        )
    return "".join(parts)


def as_markdown(result: Result) -> str:
    """The first rows as a table."""
    shown = [result.columns, ["---"] * len(result.columns), *result.rows[:SHOWN_ON_PAGE]]
    lines = ["| " + " | ".join(map(as_text, row)) + " |\n" for row in shown]
    more = len(result.rows) - SHOWN_ON_PAGE
    return "".join(lines) + (f"\n{more} rows more.\n" if more > 0 else "")


def write_page() -> None:
    """docs/analyses.md and its charts, of the demo that was built last; raises NoBuild."""
    all_of_them = analyses()
    if not all_of_them.is_demo():
        raise NoBuild("the page shows artificial persons only: `make build` the demo first.")
    results = [all_of_them.result(name) for name in all_of_them.nodes]
    for result in results:
        if svg := chart_of(result):
            (PAGE.parent / "analyses" / f"{result.name}.svg").write_text(svg, encoding="utf-8")
    PAGE.write_text(page(results), encoding="utf-8")


def main() -> int:
    """Exit code 0 where the analysis was run, 1 where a sentence says why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="", help="which analysis; unknown, all are named")
    parser.add_argument("--out", default="", help="folder for CSV and chart")
    parser.add_argument("--file", default="", help="the analysts' file, not the build's database")
    parser.add_argument("--vars", default="", help="vars as of the build: {extracted_on: ...}")
    parser.add_argument("--page", action="store_true", help="write docs/analyses.md of the demo")
    arguments = parser.parse_args()
    # Named from where the user stands, which is not always the project.
    out, file = (
        Path(text).absolute() if text else None for text in (arguments.out, arguments.file)
    )
    os.chdir(deliver.PROJECT)
    try:
        if arguments.page:
            write_page()
            return 0
        given = yaml.safe_load(arguments.vars or "{}")
        if not isinstance(given, dict):
            raise NoBuild("VARS is not a mapping such as VARS='{extracted_on: 2026-01-15}'.")
        result = analyses(file, given).result(arguments.name)
        print_table(result)
        if out:
            write(result, out)
    except NoBuild as missing:
        print(f"No analysis: {missing}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"No files in {out}: {built_relations.reason(error)}.", file=sys.stderr)
        return 1
    print(NOT_TO_BE_SHOWN)
    return 0


if __name__ == "__main__":
    sys.exit(main())
