"""Deliveries of a small database that end at chosen or random moments, as a crash would end them.

A delivery runs in a fork of a process that has not touched DuckDB, so that a hundred take seconds.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import duckdb

import deliver

PERIODS = ["2024Q1", "2024Q2", "2024Q3"]
# What changes something on the disk.
EVENTS = {"os.mkdir", "os.rename", "os.rmdir", "os.remove", "os.chmod", "open", "fcntl.flock"}


def make_database(file: Path, value: str, rows: int = 5) -> Path:
    """The relations that a delivery reads, with `value` in every row of every section."""
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            f"create table delivery_periods as select unnest({PERIODS}) as follow_up_period,"
            " 'I II III IV V' as sections, false as allow_provisional_codes"
        )
        for relation in deliver.SECTIONS.values():
            connection.execute(
                f"create table {relation} as select follow_up_period, '{value}' as organiser_code,"
                f" n from delivery_periods, range({rows}) as numbers (n)"
            )
        connection.execute(
            "create table delivery_note as select follow_up_period, 'value' as item,"
            f" null as section, '{value}' as item_value from delivery_periods"
        )
        connection.execute(
            "create table delivery_provisional_codes (follow_up_period varchar, code varchar)"
        )
        connection.execute("create table build_outcome as select true is_whole, 0 nodes_failed")
    return file


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def run(database: Path, target: Path) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:
        deliver.deliver(connection, target)


def killed(database: Path, target: Path, at_event: int = 0, after: float = 0.0) -> bool:
    """Whether the delivery was ended, at its n-th event or after some seconds."""
    child = os.fork()
    if not child:
        seen = 0

        def end(event: str, _: tuple) -> None:
            nonlocal seen
            seen += event in EVENTS
            if seen == at_event:
                os._exit(9)

        if at_event:
            sys.addaudithook(end)
        run(database, target)
        os._exit(0)
    if after:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] != 0


def main(folder: Path, kills: int) -> None:
    """At every event in turn, or at random moments; looks at the delivered folder after each."""
    target = folder / "delivery"
    databases = [folder / "one.duckdb", folder / "two.duckdb"]
    whole = [contents(folder / "one"), contents(folder / "two")]
    chance = random.Random(kills)
    ended = left = 0
    for turn in range(1, kills + 1) if kills else range(1, 10_000):
        database = databases[turn % 2]
        how = {"after": chance.uniform(0.001, 0.15)} if kills else {"at_event": turn}
        was_killed = killed(database, target, **how)
        ended += was_killed
        for period in PERIODS:
            draft = contents(target / period / "draft")
            files = [{k: v for k, v in w.items() if k.startswith(period)} for w in whole]
            drafts = [{Path(k).name: v for k, v in w.items()} for w in files]
            assert draft in (*drafts, {}), f"{turn}: a mixture in {period}"
        left += any(target.glob(".unfinished-*"))
        if not was_killed and not kills:
            break
        if turn % 5 == 0 or not kills:
            assert not killed(database, target), turn
            assert contents(target) == whole[turn % 2], f"{turn}: not whole after the next delivery"
            assert not list(target.glob(".unfinished-*")), f"{turn}: something is left"
    print(ended, left)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
