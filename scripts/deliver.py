"""Writes the drafts of the built periods: one folder a period, one file a section.

`freeze` makes a version of a draft, `verify` checks a folder and `rewrite` copies one out of the
record (freeze.py).
"""

import argparse
import errno
import itertools
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from built_relations import NOT_WHOLE, NoBuild, clear, open_built, parse, reason, sync, workplace
from layout import FORMATS, PLAIN, SECTIONS, Layout, NoLayout, layout_of, write, write_section
from record import NotRecorded

PROJECT = Path(os.environ.get("DBT_PROJECT_DIR") or Path(__file__).parent.parent).resolve()
NOTE = "delivery_note.csv"
OWN_FILES = {f"{relation}.{ending}" for relation in SECTIONS.values() for ending in FORMATS} | {
    NOTE
}
FROZEN_FILES = OWN_FILES | {
    "delivery_note.sv.md",
    "delivery_note.fi.md",
    "delivery_note.en.md",
    "datapackage.json",
    "manifest.json",
    "violations.csv",
    "changes.csv",
}
UNFINISHED = ".unfinished-sosdata-"


class NotDelivered(Exception):
    """The files were not written; the text says why."""


class Differs(NotDelivered):
    """A frozen folder is not as it was delivered."""


class DeliveredInPart(NotDelivered):
    """The drafts of some periods are new, those of the others as they were."""


def delivery_dir(is_demo: bool = False) -> Path:
    """Where the drafts go; the demo's never take the place of anything real."""
    if is_demo:
        return demo_dir() / "delivery"
    return folder_setting("SOSDATA_DELIVERY_DIR", "delivery")


def demo_dir() -> Path:
    return folder_setting("SOSDATA_DEMO_DIR", "demo")


def record_path(is_demo: bool = False) -> Path:
    """The file of the delivery record on DuckDB; the demo's lies with the demo (C6)."""
    if is_demo:
        return demo_dir() / "delivery_record.duckdb"
    return folder_setting("SOSDATA_RECORD_PATH", "delivery_record.duckdb", "file")


def folder_setting(name: str, default: str, what: str = "folder") -> Path:
    """The place that the environment names, as it stands; relative ones lie in the project."""
    value = os.environ.get(name, default)
    if not value.strip():
        raise NotDelivered(f"{name} is set but empty: name a {what}, or unset it.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotDelivered(f"{name} is not UTF-8: choose another {what}.") from None
    return resolved(PROJECT / value)


def resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        raise NotDelivered(f"{path} is a link that leads nowhere: choose another.") from None


def deliver(
    connection: duckdb.DuckDBPyConnection, target: Path, source: Path | None = None
) -> list[Path]:
    """Writes the draft of every built period; returns the folders. Raises NotDelivered.

    `source` is the folder of the extract, where it is not SOSDATA_SOURCE_DIR or the demo's.
    """
    with errors_in_a_sentence(target):
        outcome = build_outcome(connection)
        stop_on_unfinished_build(outcome)
        stop_on_provisional_codes(connection)
        periods = built_periods(connection)
        target = resolved(target)
        stop_on_wrong_place(target, sources(outcome, source), databases(connection))
        for period in periods:
            stop_on_strangers(target / period / "draft")
        make_folder(target)
        clear_what_earlier_versions_left(target)
        layout = layout_of(outcome)
        with workplace(target, UNFINISHED, is_frozen_file) as folder:
            for period in periods:
                write_period(connection, period, folder / period, layout)
            return put_all_in_place(folder, target, periods)


@contextmanager
def errors_in_a_sentence(target: Path) -> Iterator[None]:
    """Raises NotDelivered for what the disk or the engine complains of, without its words."""
    try:
        yield
    except NoLayout as error:
        raise NotDelivered(str(error)) from error
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise NotDelivered(
            f"the files could not be written to {target} ({reason(error)}, and run this again)."
        ) from error
    except duckdb.Error as error:
        raise NotDelivered(
            f"the relations of the last build cannot be read ({type(error).__name__}): build again"
            " with this version of the project."
        ) from error


def build_outcome(connection: duckdb.DuckDBPyConnection) -> dict:
    """The row of build_outcome by column; texts of other engines are read as truth values."""
    found = connection.execute("select * from build_outcome")
    columns = [column[0] for column in found.description]
    outcome = dict(zip(columns, found.fetchone() or (None,) * len(columns), strict=True))
    for name in ("is_whole", "is_demo", "is_extract_day_given", "has_violations"):
        outcome[name] = str(outcome.get(name)).lower() in ("true", "t", "1")
    return outcome


def stop_on_unfinished_build(outcome: dict) -> None:
    """Q4: nothing is delivered of a build that stopped, failed a test or ran in part."""
    if not outcome["is_whole"] or str(outcome.get("nodes_failed")) != "0":
        raise NotDelivered(NOT_WHOLE)


def built_periods(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute("select follow_up_period from delivery_periods order by 1")
    return [period for (period,) in rows.fetchall()]


def stop_on_provisional_codes(
    connection: duckdb.DuckDBPyConnection, period: str | None = None
) -> None:
    """K5: no files for the register while a row to be delivered has a provisional code."""
    found = connection.execute(
        "select distinct codes.code from delivery_provisional_codes as codes"
        " inner join delivery_periods as periods"
        " on periods.follow_up_period = codes.follow_up_period"
        " where not periods.allow_provisional_codes"
        " and periods.follow_up_period = coalesce(?, periods.follow_up_period) order by 1",
        [period],
    ).fetchall()
    if found:
        codes = ", ".join(code for (code,) in found)
        raise NotDelivered(
            f"rows to be delivered hold provisional codes ({codes}), so no files were written. "
            "Import the national code list (docs/code_lists.md), or set the var "
            "allow_provisional_codes to true for a trial that is not sent."
        )


def sources(outcome: dict, source: Path | None = None) -> list[Path]:
    """The folders that the build read files from, or may have."""
    named = [source, os.environ.get("SOSDATA_SOURCE_DIR")]
    folders = [PROJECT / place for place in named if place and str(place).strip()]
    told = str(outcome.get("source") or "").strip()
    if told and (PROJECT / told).is_dir():
        folders.append(PROJECT / told)
    if outcome["is_demo"]:
        folders.append(demo_dir() / "extract")
    return [resolved(folder) for folder in folders]


def databases(connection: duckdb.DuckDBPyConnection) -> list[Path]:
    rows = connection.execute("select path from duckdb_databases() where path <> ''")
    return [resolved(Path(path)) for (path,) in rows.fetchall()]


def stop_on_wrong_place(
    target: Path, sources: Iterable[Path] = (), databases: Iterable[Path] = ()
) -> None:
    """A delivery never comes near an extract or a database. All paths are resolved ones."""
    elsewhere = (
        "choose another delivery folder (SOSDATA_DELIVERY_DIR; for the demo: SOSDATA_DEMO_DIR)"
    )
    for source in sources:
        if lies_in(source, target) or lies_in(target, source):
            raise NotDelivered(
                f"the delivery folder {target} and the folder of the extract, {source}, are one or"
                f" lie in one another: {elsewhere}."
            )
    for database in databases:
        for folder in database.parents:
            if folder.name == "draft" and lies_in(target, folder.parent.parent):
                raise NotDelivered(
                    f"the database {database} lies in a draft, which each delivery replaces: move"
                    f" it (SOSDATA_DUCKDB_PATH), or {elsewhere}."
                )


def lies_in(inner: Path, outer: Path) -> bool:
    """Also where a folder has two names: capital letters, or mounted twice."""
    return any(
        place == outer or (place.exists() and outer.exists() and place.samefile(outer))
        for place in (inner, *inner.parents)
    )


def stop_on_strangers(draft: Path) -> None:
    """What no delivery wrote is not replaced, and what cannot be replaced is said beforehand."""
    stop_on_wrong_folders(draft)
    strangers = sum(not is_own_file(place) for place in draft.iterdir()) if draft.exists() else 0
    if strangers:
        raise NotDelivered(
            f"{draft} holds what no delivery wrote ({strangers} files or folders, hidden ones"
            " included): move that elsewhere and run this again."
        )


def stop_on_wrong_folders(target: Path) -> None:
    """A folder of a delivery, or one above it, that is a link or no folder is not ours."""
    for folder in (target.parent.parent, target.parent, target):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise NotDelivered(
                f"{folder} is a {'link' if folder.is_symlink() else 'file'} where a delivery needs"
                " a folder of its own: move it away and run this again."
            )
        if folder.exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise NotDelivered(
                f"this account may not write to {folder}: choose another delivery folder, or ask"
                " for the right to."
            )


def is_own_file(file: Path) -> bool:
    return file.name in OWN_FILES and file.is_file() and not file.is_symlink()


def is_frozen_file(file: Path) -> bool:
    """What a freeze or a draft wrote."""
    return file.name in FROZEN_FILES and file.is_file() and not file.is_symlink()


def make_folder(folder: Path) -> None:
    """For its owner only, and so are folders above it; those that are there stay as they are."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)


def clear_what_earlier_versions_left(target: Path) -> None:
    """They marked nothing: ours is what has their name, their mode, and their files only."""
    for left in target.iterdir():
        if re.fullmatch(r"\.unfinished-[a-z0-9_]{8}", left.name) and not left.is_symlink():
            with suppress(OSError):
                parts = list(left.iterdir())
                if left.stat().st_mode & 0o077 == 0 and parts and all(map(is_old_part, parts)):
                    clear(left, is_own_file)


def is_old_part(part: Path) -> bool:
    named = re.fullmatch(r"(replaced-)?\d{4}Q[1-4]", part.name)
    is_folder = part.is_dir() and not part.is_symlink()
    return bool(named) and is_folder and all(map(is_own_file, part.iterdir()))


def write_period(
    connection: duckdb.DuckDBPyConnection, period: str, folder: Path, layout: Layout
) -> None:
    """P5: a section without rows is a file with its header only; a section left out is no file."""
    make_folder(folder)
    write_sections(connection, period, folder, layout)
    rows = f"select * from delivery_note where follow_up_period = '{period}'"
    write(connection, f"{rows} order by all nulls first", folder / NOTE, PLAIN)
    sync(folder)


def write_sections(
    connection: duckdb.DuckDBPyConnection, period: str, folder: Path, layout: Layout
) -> None:
    for section in delivered_sections(connection, period):
        write_section(connection, section, period, folder, layout)


def delivered_sections(connection: duckdb.DuckDBPyConnection, period: str) -> list[str]:
    (sections,) = connection.execute(
        "select sections from delivery_periods where follow_up_period = ?", [period]
    ).fetchone()
    return [section for section in SECTIONS if section in sections.split()]


def put_all_in_place(folder: Path, target: Path, periods: list[str]) -> list[Path]:
    placed = []
    try:
        for period in periods:
            placed.append(put_in_place(folder / period, target / period / "draft"))
    except (OSError, NotDelivered) as error:
        if not placed:
            raise
        why = error if isinstance(error, NotDelivered) else f"{reason(error)}, and run this again."
        done = ", ".join(draft.parent.name for draft in placed)
        raise DeliveredInPart(f"the draft of {done} is new, no other: {why}") from error
    return placed


def put_in_place(finished: Path, draft: Path) -> Path:
    """A crash leaves the old draft, the new one or none, and never a mixture of both."""
    make_folder(draft.parent)
    for attempt in itertools.count():
        stop_on_strangers(draft)
        replaced = finished.with_name(f"replaced-{attempt}-{finished.name}")
        with suppress(FileNotFoundError):
            draft.rename(replaced)
        try:
            finished.rename(draft)
            break
        except OSError as error:
            # Another delivery of the period came between the two; the last one stays.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                with suppress(OSError):
                    replaced.rename(draft)
                raise
    sync(draft.parent)
    return draft


def write_drafts() -> list[str]:
    """The drafts of the last build again; their folders."""
    with open_built(list(SECTIONS.values())) as (connection, _):
        target = delivery_dir(build_outcome(connection)["is_demo"])
        return [str(folder) for folder in deliver(connection, target)]


def run(arguments: argparse.Namespace) -> list[str]:
    """Does what is asked; what was done, in words."""
    if arguments.step in (None, "draft"):
        return write_drafts()
    # It reads this module.
    import freeze

    try:
        manifest = parse()
        if arguments.step == "freeze":
            request = freeze.Request.of(arguments.period, arguments.signed_by, arguments.correction)
            return [freeze.run_freeze(manifest, request)]
        if arguments.step == "verify":
            return [freeze.run_verify(manifest, resolved(arguments.folder))]
        return [freeze.run_rewrite(manifest, arguments.period, arguments.version)]
    except NotRecorded as error:
        raise NotDelivered(str(error)) from error


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    steps = parser.add_subparsers(dest="step")
    steps.add_parser("draft", help="write the drafts of the last build (what it does by itself)")
    step = steps.add_parser("freeze", help="make a version of what the last build made of a period")
    step.add_argument("period", help="such as 2024Q1")
    step.add_argument("--signed-by", default="", help="who answers for it")
    step.add_argument("--correction", help="from version 2 on: why it is delivered again")
    step = steps.add_parser("verify", help="check a frozen folder against manifest and record")
    step.add_argument("folder", type=lambda place: Path(place).absolute())
    step = steps.add_parser("rewrite", help="copy a version's files out of the record")
    step.add_argument("period", help="such as 2024Q1")
    step.add_argument("version", type=int)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] = ()) -> int:
    """Exit code 0 where it was done, 1 where a sentence says why not."""
    asked = read_arguments(arguments)
    os.umask(0o077)
    nothing = "Nothing was checked" if asked.step == "verify" else "Nothing was delivered"
    try:
        os.chdir(PROJECT)
        for line in run(asked):
            print(line)
    except DeliveredInPart as stopped:
        return told_why("Not all was delivered", stopped)
    except Differs as stopped:
        return told_why("Not as delivered", stopped)
    except (NotDelivered, NoBuild) as stopped:
        return told_why(nothing, stopped)
    except OSError as error:
        return told_why(nothing, f"{PROJECT}: {reason(error)}.")
    return 0


def told_why(heading: str, why: object) -> int:
    """On one line, whatever a file's name holds; the exit code."""
    print(f"{heading}: {' '.join(str(why).splitlines())}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    # Under its own name, as the other modules know it.
    import deliver as this

    # A path may hold what the screen cannot show.
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(this.main(sys.argv[1:]))
