"""The page at the end of a build: what was built, what is delivered, rejected and warned of."""

import os
import textwrap
from pathlib import Path

import agate
import duckdb
from dbt.contracts.graph.manifest import Manifest

from deliver import SECTIONS, build_outcome, built_periods

LANGUAGES = ("en", "sv", "fi")
LINE = 118
# Of a sentence, so that a line of the page fits.
WIDEST = 83
# The rules that broke most; the others are in quality_rule_results.
MOST_RULES = 12


def show(
    connection: duckdb.DuckDBPyConnection,
    folders: list[Path],
    place: str,
    manifest: Manifest,
    analysts_file: Path | None,
) -> None:
    """Prints counts only: no ids, no values, no persons."""
    show_what_was_built(connection)
    show_changes(connection)
    show_sections(connection)
    show_errors(connection)
    show_warnings(connection)
    show_codes_to_map(connection)
    show_measures(connection, manifest)
    show_running_quarters(connection)
    print("\nWhere it is")
    for folder in folders:
        print(f"  delivered files  {folder}")
    print(f"  database         {place}")
    print(f"  rows to mend     relation {full_name(manifest, 'quality_violations')}")
    print(f"  balance of rows  relation {full_name(manifest, 'quality_reconciliation')}")
    if analysts_file:
        print(f"  analysts' marts  {analysts_file}")


def full_name(manifest: Manifest, name: str) -> str:
    """A model with its schema, as a reader writes it."""
    node = next(node for node in manifest.nodes.values() if node.name == name)
    return f"{node.schema}.{node.alias}"


def show_what_was_built(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = build_outcome(connection)
    demo = "DEMO of artificial persons: " if outcome["is_demo"] else ""
    organiser = outcome.get("organiser_code") or "named by the rows"
    print(
        f"\n{demo}{outcome.get('source')}, extract of {outcome.get('extracted_on')},"
        f" organiser {organiser}"
    )


def show_changes(connection: duckdb.DuckDBPyConnection) -> None:
    """What differs from an earlier run, of tables with a change of 1 % or more; else nothing."""
    tables = connection.execute(
        """
        select
            source_table, max(compared_run_on), max(compared_extracted_on),
            sum(rows_in), sum(rows_in_before), sum(rows_rejected), sum(rows_rejected_before)
        from quality_run_changes
        where compared_run_on is not null
        group by source_table
        order by abs(sum(rows_in) - sum(rows_in_before)) desc, source_table
        """
    ).fetchall()
    if not tables:
        return
    changes = [
        change_in_words(table.replace("_", " "), now, before)
        for table, _, _, now, before, _, _ in tables
        if now != before and abs(now - before) * 100 >= before
    ]
    _, run_on, extracted_on, *_ = tables[0]
    said = ", ".join(changes) or "no table changed by 1 % or more"
    since = f"Since the run of {run_on} (extract of {extracted_on}): {said}."
    print(textwrap.fill(since, LINE, subsequent_indent="  "))
    rejected = sum(table[5] for table in tables)
    more = rejected - sum(table[6] for table in tables)
    differs = f"{abs(more):,} {'more' if more > 0 else 'fewer'}" if more else "as many"
    print(f"Rejected rows: {differs}, {rejected:,} in all.")


def change_in_words(table: str, now: int, before: int) -> str:
    if not before:
        return f"{now:,} {table} where none were"
    percent = round(100 * abs(now - before) / before)
    return f"{percent} % {'more' if now > before else 'fewer'} {table}"


def show_sections(connection: duckdb.DuckDBPyConnection) -> None:
    periods = built_periods(connection)
    sections = []
    for section, relation in SECTIONS.items():
        rows = connection.execute(f"select follow_up_period, count(*) from {relation} group by 1")
        counts = dict(rows.fetchall())
        sections.append((f"{section} {relation}", *(counts.get(period, 0) for period in periods)))
    print("\nRows to be delivered")
    show_table(["section", *periods], sections)


def show_errors(connection: duckdb.DuckDBPyConnection) -> None:
    """A row that only follows from its client's error is counted under the client's rule."""
    rules = connection.execute(
        f"""
        with listed as (
            select rule_id, sum(rows_broken) as rows_listed from quality_rule_results group by all
        ),
        following as (
            select rule_id, client_rule_id, count(*) as rows_behind from quality_follow_ups
            where is_only_error and client_rule_id is not null group by all
        ),
        followed as (
            select rule_id, sum(rows_behind) as rows_behind from following group by all
        ),
        roots as (
            select client_rule_id, sum(rows_behind) as rows_behind from following group by all
        ),
        counted as (
            select
                rules.rule_id,
                listed.rows_listed - coalesce(followed.rows_behind, 0) as rows_broken,
                coalesce(roots.rows_behind, 0) as rows_behind,
                {first_sentence()} as words
            from quality_catalogue as rules
            inner join listed on listed.rule_id = rules.rule_id
            left join followed on followed.rule_id = rules.rule_id
            left join roots on roots.client_rule_id = rules.rule_id
            where rules.severity = 'error'
        )
        select rule_id, words, rows_broken, rows_behind
        from counted
        where rows_broken > 0
        order by rows_broken + rows_behind desc, rule_id
        """
    ).fetchall()
    print("\nRejected: errors (rows, and rows of other tables that were rejected only with them)")
    show_rules(["rule", "what is wrong", "rows", "with them"], rules)


def show_warnings(connection: duckdb.DuckDBPyConnection) -> None:
    rules = connection.execute(
        f"""
        select rules.rule_id, {first_sentence()} as words, sum(results.rows_broken) as rows_broken
        from quality_rule_results as results
        inner join quality_catalogue as rules on rules.rule_id = results.rule_id
        where rules.severity = 'warning' and results.rows_broken > 0
        group by all
        order by rows_broken desc, rules.rule_id
        """
    ).fetchall()
    print("\nDelivered all the same: warnings (rows)")
    show_rules(["rule", "what is wrong", "rows"], rules)


def show_rules(names: list[str], rules: list[tuple]) -> None:
    if not rules:
        print("  none")
        return
    show_table(names, rules[:MOST_RULES])
    if len(rules) > MOST_RULES:
        more = f"{len(rules) - MOST_RULES} rules more, and what each asks for"
        print(f"  {more}: relation quality_rule_results")


def show_table(names: list[str], rows: list[tuple]) -> None:
    """Texts as they stand, long ones cut; numbers with commas."""
    types = [agate.Text() if isinstance(cell, str) else agate.Number() for cell in rows[0]]
    agate.Table(rows, names, types).print_table(max_columns=None, max_column_width=WIDEST)


def show_codes_to_map(connection: duckdb.DuckDBPyConnection) -> None:
    counts = dict(
        connection.execute("select status, count(*) from code_map_proposals group by 1").fetchall()
    )
    if counts:
        print(
            f"\nCodes for code_map.csv: {counts.get('unmapped', 0)} wait for a row,"
            f" {counts.get('taken_as_national', 0)} are taken as national (code_map_proposals)"
        )


def show_measures(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    (count,) = connection.execute(
        "select count(*) from quality_measures where is_notable and not is_explained"
    ).fetchone() or (0,)
    if count:
        are = "1 measure is" if count == 1 else f"{count:,} measures are"
        relation = full_name(manifest, "quality_measures")
        print(f"\nBefore sending: {are} notable and not explained (relation {relation})")


def show_running_quarters(connection: duckdb.DuckDBPyConnection) -> None:
    running = connection.execute(
        "select follow_up_period, extracted_on from delivery_periods where not has_ended order by 1"
    ).fetchall()
    for period, day in running:
        print(f"\nNot for sending: {period} had not ended on {day}, the day of the extract.")


def first_sentence() -> str:
    """The first sentence of a rule in the reader's language, as SQL."""
    text = f"rules.text_{os.environ.get('SOSDATA_LANGUAGE', 'en')}"
    return f"regexp_extract({text} || ' ', '^(.*?[.!?]) ', 1)"
