"""The page at the end of a build: what was built, what is delivered, rejected and warned of."""

import os
import re
from pathlib import Path

import duckdb
from dbt.contracts.graph.manifest import Manifest

from deliver import SECTIONS, build_outcome, built_periods

LANGUAGES = ("en", "sv", "fi")
WIDTH = 118
# The rules that broke most; the others are in quality_rule_results.
MOST_RULES = 12


def show(
    connection: duckdb.DuckDBPyConnection, folders: list[Path], place: str, manifest: Manifest
) -> None:
    """Prints counts only: no ids, no values, no persons."""
    show_what_was_built(connection)
    show_sections(connection)
    show_errors(connection)
    show_warnings(connection)
    show_codes_to_map(connection)
    show_running_quarters(connection)
    print("\nWhere it is")
    for folder in folders:
        print(f"  delivered files  {folder}")
    print(f"  database         {place}")
    print(f"  rows to mend     relation {full_name(manifest, 'quality_violations')}")
    print(f"  balance of rows  relation {full_name(manifest, 'quality_reconciliation')}")


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


def show_sections(connection: duckdb.DuckDBPyConnection) -> None:
    periods = built_periods(connection)
    print("\nRows to be delivered")
    print(f"  {'section':<40}" + "".join(f"{period:>10}" for period in periods))
    for section, relation in SECTIONS.items():
        rows = connection.execute(f"select follow_up_period, count(*) from {relation} group by 1")
        counts = dict(rows.fetchall())
        row = "".join(f"{counts.get(period, 0):>10}" for period in periods)
        print(f"  {section + ' ' + relation:<40}{row}")


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
                rules.{text_column()} as words
            from quality_rules as rules
            inner join listed on listed.rule_id = rules.rule_id
            left join followed on followed.rule_id = rules.rule_id
            left join roots on roots.client_rule_id = rules.rule_id
            where rules.severity = 'error'
        )
        select rule_id, rows_broken, rows_behind, words
        from counted
        where rows_broken > 0
        order by rows_broken + rows_behind desc, rule_id
        """
    ).fetchall()
    print("\nRejected: errors (rows, and rows of other tables that were rejected only with them)")
    for rule_id, rows, behind, words in rules[:MOST_RULES]:
        print(line(f"  {rule_id} {rows:>7} {f'+{behind}' if behind else '':>7}  ", words))
    show_the_rest(rules)


def show_warnings(connection: duckdb.DuckDBPyConnection) -> None:
    rules = connection.execute(
        f"""
        select rules.rule_id, sum(results.rows_broken) as rows_broken, rules.{text_column()}
        from quality_rule_results as results
        inner join quality_rules as rules on rules.rule_id = results.rule_id
        where rules.severity = 'warning' and results.rows_broken > 0
        group by all
        order by rows_broken desc, rules.rule_id
        """
    ).fetchall()
    print("\nDelivered all the same: warnings (rows)")
    for rule_id, rows, words in rules[:MOST_RULES]:
        print(line(f"  {rule_id} {rows:>7}          ", words))
    show_the_rest(rules)


def show_the_rest(rules: list[tuple]) -> None:
    if not rules:
        print("  none")
    elif len(rules) > MOST_RULES:
        more = f"{len(rules) - MOST_RULES} rules more, and what each asks for"
        print(f"  {more}: relation quality_rule_results")


def show_codes_to_map(connection: duckdb.DuckDBPyConnection) -> None:
    counts = dict(
        connection.execute("select status, count(*) from code_map_proposals group by 1").fetchall()
    )
    if counts:
        print(
            f"\nCodes for code_map.csv: {counts.get('unmapped', 0)} wait for a row,"
            f" {counts.get('taken_as_national', 0)} are taken as national (code_map_proposals)"
        )


def show_running_quarters(connection: duckdb.DuckDBPyConnection) -> None:
    running = connection.execute(
        "select periods.follow_up_period, note.item_value from int_follow_up_periods as periods"
        " inner join delivery_note as note on note.follow_up_period = periods.follow_up_period"
        " where note.item = 'extracted_on' and cast(periods.ended_on as varchar) >= note.item_value"
        " order by 1"
    ).fetchall()
    for period, day in running:
        print(f"\nNot for sending: {period} had not ended on {day}, the day of the extract.")


def text_column() -> str:
    return f"text_{os.environ.get('SOSDATA_LANGUAGE', 'en')}"


def line(start: str, words: str) -> str:
    """The first sentence of a rule on one line."""
    sentence = re.split(r"(?<=[.!?]) ", words)[0]
    room = WIDTH - len(start)
    return start + (sentence if len(sentence) <= room else sentence[: room - 3] + "...")
