"""Freezes that end at random moments, as a crash would end them, and the same command again.

As in kill_deliveries.py, a freeze runs in a fork of a process that has not touched DuckDB.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

import deliver
import freeze
from freeze import Places, Request
from kill_deliveries import EVENTS
from record import open_record
from small_build import build_file, manifest

PERIOD = "2024Q1"
# What a freeze says that was whole before it was killed, or that its folder tells.
DONE = "has the same rows as"


def run(database: Path, places: Places, request: Request) -> None:
    """As the command does."""
    described = manifest()
    with open_record(described, places.record) as record:
        if freeze.mend(request, record, places):
            return
    with duckdb.connect(str(database), read_only=True) as connection:
        freeze.freeze(connection, described, request, places, datetime.now(UTC))


def in_a_fork(work: Callable[[], None], at_event: int = 0, after: float = 0.0) -> int:
    """0 where it came to its end; it is ended at its n-th event or after some seconds."""
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
        try:
            work()
        except deliver.NotDelivered as stopped:
            os._exit(0 if DONE in str(stopped) else 8)
        except BaseException as error:
            print(type(error).__name__, error, flush=True)
            os._exit(7)
        os._exit(0)
    if after:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def look(places: Places, ended: int) -> None:
    """Every recorded version but the last is whole; of the last, the folder may be missing."""
    with open_record(manifest(), places.record) as record:
        known = freeze.deliveries(record)
        versions = sorted(version for _, version in known)
        assert versions == list(range(1, len(versions) + 1))
        assert ended <= len(versions) <= ended + 1, (versions, ended)
        folders = {place.name for place in (places.folder / PERIOD).iterdir()} - {"draft"}
        assert folders <= {f"v{version}" for version in versions}, "a folder that is not recorded"
        for name in folders:
            freeze.verify(places.folder / PERIOD / name, record)
        assert {f"v{version}" for version in range(1, ended + 1)} <= folders


def main(folder: Path, kills: int) -> None:
    """At random moments, or with 0 at every event in turn."""
    places = Places(folder / "delivery", folder / "record.duckdb")
    databases = [folder / "one.duckdb", folder / "two.duckdb"]
    chance = random.Random(kills)
    killed = mended = 0
    lasts = 0.0
    for turn in range(1, kills + 1) if kills else range(1, 10_000):
        database = databases[turn % 2]
        request = Request.of(PERIOD, "signer", f"turn {turn}" if turn > 1 else None)

        def draft(database: Path = database) -> None:
            with duckdb.connect(str(database), read_only=True) as connection:
                deliver.deliver(connection, places.folder)

        def work(database: Path = database, request: Request = request) -> None:
            run(database, places, request)

        assert in_a_fork(draft) == 0
        began = time.monotonic()
        if turn == 1 and kills:
            assert in_a_fork(work) == 0
            lasts = time.monotonic() - began
            continue
        how = {"after": chance.uniform(0.01, 1.1 * lasts)} if kills else {"at_event": turn}
        was_killed = in_a_fork(work, **how) != 0
        killed += was_killed
        mended += was_killed and len(list(places.folder.glob(f"{PERIOD}/v*"))) < turn
        assert in_a_fork(lambda ended=turn - 1: look(places, ended)) == 0, f"{turn}: after the kill"
        assert in_a_fork(work) == 0, f"{turn}: the same command again"
        assert in_a_fork(lambda ended=turn: look(places, ended)) == 0, f"{turn}: not mended"
        assert not list(places.folder.glob(".unfinished-*")), f"{turn}: something is left"
        assert {place.name for place in folder.iterdir() if "unfinished" in place.name} == set()
        if not was_killed and not kills:
            break
    print(killed, mended)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    if sys.argv[2] == "builds":
        build_file(place / "one.duckdb")
        build_file(place / "two.duckdb", persons=3)
    else:
        main(place, int(sys.argv[2]))
