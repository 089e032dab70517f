"""The table at the end of a build: what is delivered, what was rejected or warned of, and where."""

import os
import textwrap
from pathlib import Path

import duckdb

from deliver import SECTIONS, built_periods

LANGUAGES = ("en", "sv", "fi")


def show(connection: duckdb.DuckDBPyConnection, folders: list[Path], place: str) -> None:
    """Prints counts only: no ids, no values, no persons."""
    show_sections(connection)
    show_rules(connection)
    show_running_quarters(connection)
    print("\nWhere it is")
    for folder in folders:
        print(f"  delivered files  {folder}")
    print(f"  database         {place}")
    print("  rows to mend     relation quality_violations")
    print("  balance of rows  relation quality_reconciliation")


def show_sections(connection: duckdb.DuckDBPyConnection) -> None:
    periods = built_periods(connection)
    print("\nRows to be delivered")
    print(f"  {'section':<40}" + "".join(f"{period:>10}" for period in periods))
    for section, relation in SECTIONS.items():
        rows = connection.execute(f"select follow_up_period, count(*) from {relation} group by 1")
        counts = dict(rows.fetchall())
        row = "".join(f"{counts.get(period, 0):>10}" for period in periods)
        print(f"  {section + ' ' + relation:<40}{row}")


def show_running_quarters(connection: duckdb.DuckDBPyConnection) -> None:
    running = connection.execute(
        "select periods.follow_up_period, note.item_value from int_follow_up_periods as periods"
        " inner join delivery_note as note on note.follow_up_period = periods.follow_up_period"
        " where note.item = 'extracted_on' and cast(periods.ended_on as varchar) >= note.item_value"
        " order by 1"
    ).fetchall()
    for period, day in running:
        print(f"\nNot for sending: {period} had not ended on {day}, the day of the extract.")


def show_rules(connection: duckdb.DuckDBPyConnection) -> None:
    language = os.environ.get("SOSDATA_LANGUAGE", "en")
    text = f"text_{language if language in LANGUAGES else 'en'}"
    for severity, title in (
        ("error", "Rejected: errors"),
        ("warning", "Delivered all the same: warnings"),
    ):
        rules = connection.execute(
            f"""
            select rules.rule_id, sum(results.rows_broken), any_value(rules.{text})
            from quality_rule_results as results
            inner join quality_rules as rules on rules.rule_id = results.rule_id
            where rules.severity = ? and results.rows_broken > 0
            group by rules.rule_id
            order by rules.rule_id
            """,
            [severity],
        ).fetchall()
        print(f"\n{title} (rows per rule)" + ("" if rules else "\n  none"))
        for rule_id, rows, words in rules:
            print(
                textwrap.fill(
                    words,
                    110,
                    initial_indent=f"  {rule_id} {rows:>7}  ",
                    subsequent_indent=" " * 16,
                )
            )
