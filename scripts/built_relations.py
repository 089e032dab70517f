"""The relations of the last build under their own names, whatever engine built them."""

import errno
import fcntl
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
from dbt.adapters.exceptions import FailedToConnectError
from dbt.adapters.factory import get_adapter_by_type
from dbt.adapters.sql import SQLAdapter
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ModelNode, SeedNode
from dbt.exceptions import DbtProfileError, EnvVarMissingError
from dbt_common.exceptions import DbtRuntimeError

# Without which nothing is delivered or shown; whoever needs another small relation adds it here.
SMALL = (
    "code_map_proposals",
    "delivery_note",
    "delivery_periods",
    "delivery_provisional_codes",
    "quality_catalogue",
    "quality_follow_ups",
    "quality_measures",
    "quality_reconciliation",
    "quality_rule_results",
    "quality_run_changes",
)
# As many as DuckDB takes at once without need of much memory.
ROWS_AT_ONCE = 100_000
NOT_WHOLE = (
    "the last build did not run whole and pass (one by --select, --exclude or --selector is one in"
    " part); run `dbt build` again."
)
WHAT_TO_DO = {
    errno.ENOENT: "look at the path",
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EROFS: "choose a folder that this account may write to",
    errno.EACCES: "choose a folder that this account may write to",
    errno.EPERM: "choose a folder that this account may write to",
    errno.ENOTDIR: "a part of the path is a file, choose another",
    errno.EEXIST: "a part of the path is a file, choose another",
    errno.ENAMETOOLONG: "choose a shorter path",
    errno.EXDEV: "a part of the path lies on another disk, choose another",
}
# Where no class of dbt's tells. Its own words may hold a line of the profile, and so a password.
WHAT_DBT_MEANS = (
    (
        r"Could not find profile named '([^']*)'",
        "profiles.yml has no profile '{0}'; copy profiles.yml.example to profiles.yml.",
    ),
    (
        r"does not have a target named '([^']*)'",
        "the profile has no target '{0}'; look at DBT_TARGET and at profiles.yml.",
    ),
    (
        r"Could not find adapter type (\w+)",
        "the adapter of {0} is not installed in .venv; run `make setup-engines`.",
    ),
    (
        r"Path '([^']*)' does not exist",
        "the folder {0} does not exist; look at DBT_PROFILES_DIR and DBT_PROJECT_DIR.",
    ),
)
UNREADABLE_PROFILES = "profiles.yml cannot be read; compare it with profiles.yml.example."
# Says whose a folder is, and is locked for as long as it is in use.
MARK = ".sosdata-workplace"


Nodes = dict[str, ModelNode | SeedNode]


class NoBuild(Exception):
    """There is nothing to read; the text says why."""


class NoRelation(NoBuild):
    """The last build did not get so far as to make a relation."""


@contextmanager
def open_built(
    sections: list[str],
    manifest: Manifest | None = None,
    whole: tuple[str, ...] = SMALL,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """The connection, and where the relations are, in words. Raises NoBuild.

    DuckDB's database is read where it stands; the relations of other engines are copied, those of
    `sections` by period and those of `whole` at once. With the manifest of a build that this
    process has just run, the project is not parsed again.
    """
    manifest = manifest or parse()
    nodes = {
        node.name: node
        for node in manifest.nodes.values()
        if isinstance(node, ModelNode | SeedNode) and node.relation_name
    }
    wanted = (*whole, *sections)
    unknown = [name for name in wanted if name not in nodes]
    if unknown:
        raise NoBuild(f"the project does not make {', '.join(unknown)}; enable it and build again.")
    names = {name: str(nodes[name].relation_name) for name in wanted}
    adapter = get_adapter_by_type(manifest.metadata.adapter_type)
    credentials = adapter.config.credentials
    names["build_outcome"] = adapter.Relation.create(
        credentials.database, credentials.schema, "build_outcome"
    ).render()
    if credentials.type == "duckdb":
        with _duckdb(Path(credentials.path), names) as connection:
            yield connection, str(Path(credentials.path).resolve())
    else:
        with _copied(adapter, nodes, names, whole, sections) as connection:
            yield connection, f"{credentials.type}, schema {credentials.schema}"


def reason(error: Exception) -> str:
    """Why a file could not be written, and what to do; never what stood in it."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None:
        number = next((n for n in WHAT_TO_DO if os.strerror(n) in str(error)), None)
    if number is None:
        return f"the engine stopped ({type(error).__name__}): look for room on the disk and memory"
    return f"{os.strerror(number)}: {WHAT_TO_DO.get(number, 'look at the disk')}"


@contextmanager
def workplace(
    parent: Path, prefix: str, is_ours: Callable[[Path], bool] = lambda file: True
) -> Iterator[Path]:
    """A folder for its owner only that goes at the end; what killed runs left goes first.

    The mark is locked while its process lives, so that nobody's running work is cleared.
    """
    for left in parent.iterdir():
        if re.fullmatch(re.escape(prefix) + "[a-z0-9_]{8}", left.name):
            with suppress(OSError):
                _clear_unused(left, is_ours)
    folder, mark = _locked_folder(parent, prefix)
    try:
        yield folder
    finally:
        with suppress(OSError):
            clear(folder, is_ours)
        os.close(mark)


def clear(folder: Path, is_ours: Callable[[Path], bool]) -> None:
    """Removes a workplace with all files that are ours; the mark goes last, also if killed here."""
    for place in sorted(folder.rglob("*"), reverse=True):
        if place.is_dir() and not place.is_symlink():
            with suppress(OSError):
                place.rmdir()
        elif place != folder / MARK and is_ours(place):
            place.unlink()
    if {place.name for place in folder.iterdir()} <= {MARK}:
        (folder / MARK).unlink(missing_ok=True)
        folder.rmdir()


def sync(place: Path) -> None:
    """Waits until a file or folder is safely on the disk."""
    opened = os.open(place, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _clear_unused(folder: Path, is_ours: Callable[[Path], bool]) -> None:
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        return
    try:
        mark = os.open(folder / MARK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        # Killed before it was marked, and so empty; anything else is a stranger's.
        folder.rmdir()
        return
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        clear(folder, is_ours)
    finally:
        os.close(mark)


def _locked_folder(parent: Path, prefix: str) -> tuple[Path, int]:
    """The folder and its locked mark; tries again where another run has just cleared it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        with suppress(FileNotFoundError):
            folder.chmod(0o700)
            mark = os.open(folder / MARK, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            # Where the file system has no locks, nobody else clears the folder either.
            with suppress(OSError):
                fcntl.flock(mark, fcntl.LOCK_EX)
            if os.fstat(mark).st_nlink:
                return folder, mark
            os.close(mark)


def parse() -> Manifest:
    """The project as it stands. Raises NoBuild with what is wrong."""
    parsed = dbtRunner().invoke(["--quiet", "--log-level", "none", "parse"])
    if isinstance(parsed.result, Manifest):
        return parsed.result
    if os.environ.get("SOSDATA_DUCKDB_PATH", "unset").strip() == "":
        raise NoBuild("SOSDATA_DUCKDB_PATH is set but empty: name a file, or unset it.")
    error = parsed.exception
    if isinstance(error, EnvVarMissingError):
        raise NoBuild(
            f"the environment variable {error.var}, which profiles.yml or the project asks for, is"
            " not set."
        )
    for pattern, meaning in WHAT_DBT_MEANS:
        found = re.search(pattern, str(error))
        if found:
            raise NoBuild(meaning.format(*found.groups()))
    if isinstance(error, DbtProfileError) or "read your profiles.yml" in str(error):
        raise NoBuild(UNREADABLE_PROFILES)
    raise NoBuild("the project cannot be read; run `dbt parse`, which says why.")


@contextmanager
def _duckdb(path: Path, names: dict[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect_to(path)
    try:
        for name, relation in names.items():
            try:
                connection.execute(f"create temp view {name} as select * from {relation}")
            except (duckdb.CatalogException, duckdb.BinderException) as missing:
                raise NoRelation(f"relation {name} is missing: {NOT_WHOLE}") from missing
            except duckdb.Error as error:
                raise NoBuild(why_not_opened(path, error)) from error
        yield connection
    finally:
        connection.close()


def connect_to(path: Path) -> duckdb.DuckDBPyConnection:
    """Opens a DuckDB database for reading. Raises NoBuild with what is wrong."""
    try:
        if path.is_dir():
            raise NoBuild(f"{path.resolve()} is a folder, no database; mend SOSDATA_DUCKDB_PATH.")
        if not path.exists():
            raise NoBuild(
                f"there is no database {path.resolve()}; build it first, or mend"
                " SOSDATA_DUCKDB_PATH."
            )
        # What is no DuckDB database may look like one for which an extension would be fetched.
        return duckdb.connect(
            str(path), read_only=True, config={"autoinstall_known_extensions": "false"}
        )
    except (duckdb.Error, OSError) as error:
        raise NoBuild(why_not_opened(path, error)) from error


def why_not_opened(
    path: Path,
    error: Exception,
    what: str = "the database",
    setting: str = "SOSDATA_DUCKDB_PATH",
    otherwise: str = "move it away and build again",
) -> str:
    """Why a file of DuckDB cannot be opened, in one sentence."""
    message = str(error)
    database = f"{what} {path.absolute()}"
    holder = re.search(r"\(PID (\d+)\)", message)
    if "Could not set lock" in message:
        who = f" (process {holder[1]})" if holder else ""
        return f"{database} is held by another program{who}; close that and run this again."
    if "newer version of DuckDB" in message:
        return (
            f"{database} was written by a newer DuckDB than {duckdb.__version__} of .venv; run"
            f" this with the newer one, or name another file ({setting})."
        )
    if isinstance(error, PermissionError) or os.strerror(errno.EACCES) in message:
        return f"{database} may not be read by this account; ask its owner for the right to."
    if "Can't open a connection to same database" in message:
        return f"{database} is still open in this process; close it and run this again."
    # Only after the engine failed: closing a file drops the locks that it has on it.
    with suppress(OSError), path.open("rb") as file:
        if file.read(12)[8:] != b"DUCK":
            return f"{path.absolute()} is no DuckDB database; mend {setting}."
    return (
        f"{database} cannot be read ({type(error).__name__}): it may be damaged or too old;"
        f" {otherwise}."
    )


@contextmanager
def _copied(
    adapter: SQLAdapter,
    nodes: Nodes,
    names: dict[str, str],
    whole: tuple[str, ...],
    sections: list[str],
) -> Iterator[duckdb.DuckDBPyConnection]:
    with workplace(Path(tempfile.gettempdir()), "sosdata-") as folder:
        connection = None
        try:
            try:
                connection = duckdb.connect(str(folder / "copy.duckdb"))
                with adapter.connection_named("read_built_relations"):
                    _copy_all(adapter, connection, nodes, names, whole, sections)
            except (OSError, duckdb.Error) as error:
                raise NoBuild(
                    f"the relations could not be copied to {folder.parent} ({reason(error)})."
                ) from error
            yield connection
        finally:
            if connection:
                connection.close()


def _copy_all(
    adapter: SQLAdapter,
    connection: duckdb.DuckDBPyConnection,
    nodes: Nodes,
    names: dict[str, str],
    whole: tuple[str, ...],
    sections: list[str],
) -> None:
    """The small relations whole, the sections' columns, then their rows period by period."""
    for name in ("build_outcome", *whole):
        _copy(adapter, connection, name, names[name], nodes.get(name))
    for section in sections:
        nothing = f"{names[section]} where false"
        _copy(adapter, connection, section, nothing, nodes[section])
    if not sections:
        return
    periods = connection.execute("select follow_up_period from delivery_periods")
    for (period,) in periods.fetchall():
        for section in sections:
            rows = f"{names[section]} where follow_up_period = '{period}'"
            _copy(adapter, connection, section, rows, nodes[section])


def _copy(
    adapter: SQLAdapter,
    connection: duckdb.DuckDBPyConnection,
    name: str,
    relation: str,
    node: ModelNode | SeedNode | None,
) -> None:
    """Adds rows to the table `name`, with the types of the model's contract."""
    try:
        _, cursor = adapter.add_query(f"select * from {relation}", auto_begin=False)
    except FailedToConnectError as unreachable:
        raise NoBuild(
            "the target's server cannot be reached; look at its profile."
        ) from unreachable
    except DbtRuntimeError as missing:
        if "permission denied" in str(missing).lower():
            raise NoBuild(
                f"the account of the profile may not read {name}; ask for the right to."
            ) from missing
        raise NoRelation(f"relation {name} is missing: {NOT_WHOLE}") from missing
    columns = [column[0] for column in cursor.description]
    declared = {column.name: column.data_type for column in node.columns.values()} if node else {}
    # Spark's name for a moment without a zone is its own.
    declared = {name: kind.replace("_ntz", "") for name, kind in declared.items() if kind}
    types = ", ".join(f"{column} {declared.get(column, 'varchar')}" for column in columns)
    connection.execute(f"create table if not exists {name} ({types})")
    rows = cursor.fetchall()
    given = ", ".join("unnest(?)" for _ in columns)
    for first in range(0, len(rows), ROWS_AT_ONCE):
        cells = zip(*rows[first : first + ROWS_AT_ONCE], strict=True)
        connection.execute(f"insert into {name} select {given}", [list(column) for column in cells])
