"""Freezes what was built of a period as a version of its delivery (F3), and what goes with it.

A version is in the record before its folder is in place: what a crash left between the two, the
same command writes from the record.
"""

import base64
import filecmp
import json
import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from dbt.contracts.graph.manifest import Manifest

import deliver
from built_relations import SMALL, NoBuild, open_built, reason, workplace
from deliver import Differs, NotDelivered, stop_on_wrong_folders
from delivery_changes import changes
from frozen_folder import (
    MANIFEST,
    described_files,
    differences,
    files_in,
    put_in_place,
    strangers_in,
    violations,
    write_file,
    write_other_files,
)
from layout import SECTIONS, columns_of, layout_of
from record import NotRecorded, Record, open_record

PACKAGE = Path(__file__).resolve().parent.parent
# What a freeze reads beside the sections and what every delivery reads.
WHOLE = (
    *SMALL,
    "quality_violations",
    "quality_measure_rules",
    "stg_settings__measure_explanations",
    "delivery_columns",
    "stg_settings__information_sources",
    "int_codes",
)


@dataclass(frozen=True)
class Places:
    """Where deliveries lie, and the record of them on DuckDB."""

    folder: Path
    record: Path


@dataclass(frozen=True)
class Delivery:
    """A version as the record has it."""

    follow_up_period: str
    version: int
    signed_by: str
    reason: str | None
    is_trial: bool
    manifest: str
    freeze_id: str

    @property
    def name(self) -> str:
        return f"{self.follow_up_period}, version {self.version}"


@dataclass(frozen=True)
class Request:
    """What is asked for; the texts on one line each, a correction is None where none is given."""

    period: str
    signed_by: str
    correction: str | None

    @classmethod
    def of(cls, period: str, signed_by: str, correction: str | None) -> "Request":
        on_one_line = None if correction is None else " ".join(correction.split())
        return cls(period.strip(), " ".join(signed_by.split()), on_one_line)


def places(manifest: Manifest) -> Places:
    """Those of the last build: of the demo or of real deliveries."""
    try:
        with open_built([], manifest, whole=()) as (connection, _):
            is_demo = deliver.build_outcome(connection)["is_demo"]
    except NoBuild:
        # As dbt asks in is_demo().
        is_files = manifest.metadata.adapter_type == "duckdb" and deliver.PROJECT == PACKAGE
        is_demo = is_files and "SOSDATA_SOURCE_DIR" not in os.environ
    return Places(deliver.delivery_dir(is_demo), deliver.record_path(is_demo))


def folder_of(places: Places, period: str, version: int) -> Path:
    return places.folder / period / f"v{version}"


# What the record has


def deliveries(record: Record) -> dict[tuple[str, int], Delivery]:
    """The versions that stand: of two freezes of one, the lower."""
    columns = list(Delivery.__dataclass_fields__)
    found = [Delivery(*row) for row in record.rows("deliveries", columns)]
    if not all(d.follow_up_period and d.version and d.freeze_id for d in found):
        raise damaged(record)
    standing = {}
    for delivery in sorted(found, key=lambda delivery: delivery.freeze_id):
        standing.setdefault((delivery.follow_up_period, delivery.version), delivery)
    return standing


def stop_on_lost_manifest(record: Record, delivery: Delivery) -> None:
    """By which its files could be told."""
    try:
        json.loads(delivery.manifest)["files"]
    except (ValueError, KeyError, TypeError):
        raise damaged(record) from None


def damaged(record: Record) -> NotRecorded:
    return NotRecorded(
        f"the delivery record {record.place} lacks what every freeze writes of a delivery: look for"
        " its last copy and for what damaged it."
    )


def latest(record: Record, period: str) -> Delivery | None:
    of_period = [d for d in deliveries(record).values() if d.follow_up_period == period]
    return max(of_period, key=lambda delivery: delivery.version, default=None)


def write_from_record(record: Record, delivery: Delivery, places: Places) -> Path:
    """A version's folder, byte for byte; one that is not whole is replaced."""
    target = folder_of(places, delivery.follow_up_period, delivery.version)
    deliver.make_folder(places.folder)
    stop_on_wrong_folders(target)
    with workplace(places.folder, deliver.UNFINISHED, deliver.is_frozen_file) as work:
        made = work / "frozen"
        stored = record.rows(
            "delivered_files", ["name", "content"], f"freeze_id = '{delivery.freeze_id}'"
        )
        write_file(made / MANIFEST, delivery.manifest.encode())
        for name, content in stored:
            # What cannot be read is missing, which is said below.
            with suppress(ValueError, TypeError):
                write_file(made / name, base64.b64decode(content))
        if left := differences(made, delivery.manifest):
            raise NotDelivered(
                f"the delivery record {record.place} does not have the files of {delivery.name}"
                f" whole ({left[0]}): look for its last copy."
            )
        put_in_place(made, target, work / "replaced")
    return target


def verify(folder: Path, record: Record) -> str:
    """What the folder was found to agree with, in words. Raises Differs where it does not."""
    file = folder / MANIFEST
    if not file.is_file():
        raise Differs(
            f"{folder} has no {MANIFEST}: name the folder of a frozen version, or write a lost one"
            " from the record with `make rewrite` (scripts/deliver.py rewrite)."
        )
    known = deliveries(record)
    try:
        text = file.read_bytes().decode()
        manifest = json.loads(text)
        period, version = manifest["follow_up_period"], manifest["version"]
        recorded = known.get((period, version))
        found = differences(folder, text)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Differs(f"{file} is no manifest of a delivery any more.") from None
    against = MANIFEST
    if not known:
        against += f" (there is no delivery record {record.place} to compare with)"
    elif recorded is None:
        found.append(f"the delivery record {record.place} does not know {period}, v{version}")
    else:
        stop_on_lost_manifest(record, recorded)
        against += f" and the delivery record {record.place}"
        if text != recorded.manifest:
            by_record = differences(folder, recorded.manifest)
            found += [f"{what}, by the record" for what in by_record]
    if found:
        raise Differs(f"{folder} differs: {'; '.join(found)}.")
    return f"{folder}: {len(manifest['files'])} files are as in {against}."


# Freezing


def mend(request: Request, record: Record, places: Places) -> Path | None:
    """The latest version's folder, where this very request was recorded and it is not whole."""
    delivery = latest(record, request.period)
    if delivery is None or not request.signed_by:
        return None
    if (delivery.signed_by, delivery.reason) != (request.signed_by, request.correction):
        return None
    stop_on_lost_manifest(record, delivery)
    folder = folder_of(places, delivery.follow_up_period, delivery.version)
    if folder.is_dir() and not folder.is_symlink():
        found = differences(folder, delivery.manifest)
        if not found:
            return None
        stop_on_files_not_ours(folder, delivery.manifest)
    return write_from_record(record, delivery, places)


def stop_on_files_not_ours(folder: Path, manifest: str) -> None:
    """F3 (i): a folder with files that are not ours is never replaced."""
    ours = {file["name"] for file in json.loads(manifest)["files"]} | {MANIFEST}
    strangers = strangers_in(folder, ours)
    if strangers:
        raise NotDelivered(
            f"{folder} holds what no delivery wrote ({len(strangers)} files or folders): move that"
            " elsewhere and run this again."
        )


def freeze(
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    request: Request,
    places: Places,
    now: datetime,
) -> Path:
    """Records and writes the next version. Raises NotDelivered for the first reason not to."""
    outcome = deliver.build_outcome(connection)
    layout = layout_of(outcome)
    period = request.period
    target = deliver.resolved(places.folder)
    deliver.stop_on_unfinished_build(outcome)
    databases = deliver.databases(connection)
    record_file = deliver.resolved(places.record)
    if record_file in databases:
        raise NotDelivered(
            f"SOSDATA_RECORD_PATH names the database of the build, {places.record}: name a file for"
            " the delivery record alone."
        )
    deliver.stop_on_wrong_place(target, deliver.sources(outcome), [*databases, record_file])
    if period not in deliver.built_periods(connection):
        raise NotDelivered(
            f"{period} is not in the last build: build it (make build PERIODS={period}) and run"
            " this again."
        )
    draft = target / period / "draft"
    if not draft.is_dir():
        # Then none could be written.
        deliver.stop_on_provisional_codes(connection, period)
        raise NotDelivered(
            f"there is no draft of {period} in {target}: write it with `make deliver`"
            " (scripts/deliver.py draft), look at it and run this again."
        )
    with workplace(target, deliver.UNFINISHED, deliver.is_frozen_file) as work:
        made = work / "frozen"
        deliver.make_folder(made)
        deliver.write_sections(connection, period, made, layout)
        stop_on_another_draft(made, draft)
        deliver.stop_on_provisional_codes(connection, period)
        stop_on_wrong_day(connection, outcome, period)
        stop_on_no_events(connection, period)
        with open_record(manifest, places.record, to_write=True) as record:
            is_trial = build_is_trial(connection, period)
            stop_on_the_other_kind(record, places, is_trial=is_trial)
            before = latest(record, period)
            changed = changes_since(connection, record, before, period)
            stop_on_wrong_version(connection, request, before, changed)
            stop_on_unexplained_measures(connection, period)
            stop_on_unsigned(request)
            stop_on_unknown_folders(record, places, period)
            facts = {
                "follow_up_period": period,
                "version": before.version + 1 if before else 1,
                "is_trial": is_trial,
                "frozen_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "signed_by": request.signed_by,
                "reason": request.correction,
                "extracted_on": str(outcome["extracted_on"]),
                "project_version": project_version(outcome),
                "settings": json.loads(outcome["settings"]),
                "source_systems": source_systems(connection),
                **broken_rules(connection, period),
                "explained_measures": explained_measures(connection, period),
            }
            write_other_files(connection, made, facts, layout, changed)
            files = described_files(connection, made, facts, layout)
            text = json.dumps(facts | {"files": files}, ensure_ascii=False, indent=2) + "\n"
            write_file(made / MANIFEST, text.encode())
            freeze_id = f"{now:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
            add_to_record(connection, record, made, facts, text, freeze_id, now)
            name = f"{period}, version {facts['version']}"
            if deliveries(record)[period, facts["version"]].freeze_id != freeze_id:
                raise NotDelivered(
                    f"another freeze of {name} came first, and that one counts: look at it."
                )
            folder = folder_of(places, period, facts["version"])
            try:
                put_in_place(made, folder, work / "replaced")
            except OSError as error:
                raise NotDelivered(
                    f"{name} is in the delivery record {record.place}, but its folder {folder}"
                    f" could not be written ({reason(error)}): run the same command again."
                ) from error
    return folder


def stop_on_another_draft(made: Path, draft: Path) -> None:
    """F3 (a): what was looked at is what is frozen."""
    names = {file.name for file in made.iterdir()}
    there = {file.name for file in draft.iterdir()} & (deliver.OWN_FILES - {deliver.NOTE})
    if there == names and all(
        filecmp.cmp(made / name, draft / name, shallow=False) for name in names
    ):
        return
    raise NotDelivered(
        f"the files in {draft} are not what would be frozen: write them again with"
        " `make deliver` (scripts/deliver.py draft), look at them and run this again."
    )


def stop_on_wrong_day(connection: duckdb.DuckDBPyConnection, outcome: dict, period: str) -> None:
    """F3 (d)."""
    if not outcome["is_extract_day_given"]:
        raise NotDelivered(
            "the build does not know the day of the extract: build again with the var extracted_on."
        )
    has_ended, ended_on = connection.execute(
        "select has_ended, ended_on from delivery_periods where follow_up_period = ?", [period]
    ).fetchone()
    if not has_ended:
        raise NotDelivered(
            f"the extract of {outcome['extracted_on']} does not lie after the last day of {period},"
            f" {ended_on}: build with an extract of a later day."
        )


def stop_on_no_events(connection: duckdb.DuckDBPyConnection, period: str) -> None:
    """F3 (e): the wrong extract, or the wrong quarter."""
    (events,) = connection.execute(
        "select recorded_events from delivery_periods where follow_up_period = ?", [period]
    ).fetchone()
    if not events:
        raise NotDelivered(
            f"nothing was recorded in {period}, no opening, closing, decision or service: look"
            " whether the extract and the quarter are the right ones."
        )


def build_is_trial(connection: duckdb.DuckDBPyConnection, period: str) -> bool:
    """F4."""
    (is_trial,) = connection.execute(
        "select allow_provisional_codes or period_gap_days <> 0 from delivery_periods"
        " where follow_up_period = ?",
        [period],
    ).fetchone()
    return is_trial


def stop_on_the_other_kind(record: Record, places: Places, *, is_trial: bool) -> None:
    """F4: trials and deliveries have a record and a folder each."""
    if any(delivery.is_trial != is_trial for delivery in deliveries(record).values()):
        there, this = ("deliveries", "a trial") if is_trial else ("trials", "no trial")
        raise NotDelivered(
            f"the delivery record {record.place} holds {there}, and this is {this}: keep the two"
            " apart by another SOSDATA_RECORD_PATH (in a warehouse: var record_schema), and by"
            f" another SOSDATA_DELIVERY_DIR than {places.folder}."
        )


def stop_on_wrong_version(
    connection: duckdb.DuckDBPyConnection,
    request: Request,
    before: Delivery | None,
    changed: str | None,
) -> None:
    """F3 (f)."""
    if before is None and request.correction is not None:
        raise NotDelivered(
            f"{request.period} has not been delivered, so there is nothing to correct: leave the"
            " correction out."
        )
    if before is None:
        return
    if request.correction is None:
        raise NotDelivered(
            f"{before.name} is frozen already: to deliver a correction, say why with"
            ' CORRECTION="reason" (--correction).'
        )
    if not connection.execute(f"select 1 from ({changed}) limit 1").fetchall():
        raise NotDelivered(
            f"the build has the same rows as {before.name}: there is nothing to correct."
        )


def stop_on_unexplained_measures(connection: duckdb.DuckDBPyConnection, period: str) -> None:
    """F3 (g), M2."""
    found = connection.execute(
        "select measure_id, concat_ws(' ', organiser_code, service_task_code, source_system)"
        " from quality_measures where follow_up_period = ? and is_notable and not is_explained"
        " order by all",
        [period],
    ).fetchall()
    if found:
        named = ", ".join(f"{measure} ({place})" for measure, place in found)
        raise NotDelivered(
            f"unusual figures of {period} are not explained: {named}. Look at quality_measures,"
            " write why into measure_explanations.csv and build again."
        )


def stop_on_unsigned(request: Request) -> None:
    """F3 (h)."""
    if not request.signed_by:
        raise NotDelivered('nobody signs: say who does with SIGNED_BY="name" (--signed-by).')
    if request.correction == "":
        raise NotDelivered("the reason of the correction is blank: say why it is delivered.")
    try:
        (request.signed_by + (request.correction or "")).encode()
    except UnicodeEncodeError:
        raise NotDelivered(
            "the signer's name or the reason is not UTF-8: write it in a terminal that is."
        ) from None


def stop_on_unknown_folders(record: Record, places: Places, period: str) -> None:
    """F3 (i): a frozen folder that the record does not know is never replaced."""
    known = {version for of_period, version in deliveries(record) if of_period == period}
    parent = places.folder / period
    stop_on_wrong_folders(parent / "draft")
    for place in sorted(parent.iterdir()):
        number = re.fullmatch(r"v(\d+)", place.name)
        if number and int(number[1]) not in known:
            raise NotDelivered(
                f"{place} lies there, and the delivery record {record.place} does not know it: look"
                " whose it is, and move it away or name its record (SOSDATA_RECORD_PATH)."
            )


# What is in a version


def changes_since(
    connection: duckdb.DuckDBPyConnection, record: Record, before: Delivery | None, period: str
) -> str | None:
    """A query of the rows by which the build differs from a version; copies that version's rows."""
    if before is None:
        return None
    old, new = {}, {}
    for section, relation in SECTIONS.items():
        columns = columns_of(connection, relation)
        rows = record.rows(recorded(relation), list(columns), f"freeze_id = '{before.freeze_id}'")
        types = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"create or replace temp table before_{relation} ({types})")
        if rows:
            given = ", ".join("unnest(?)" for _ in columns)
            cells = [list(cells) for cells in zip(*rows, strict=True)]
            connection.execute(f"insert into before_{relation} select {given}", cells)
        old[section] = f"select * from before_{relation}"
    for section in deliver.delivered_sections(connection, period):
        new[section] = f"select * from {SECTIONS[section]} where follow_up_period = '{period}'"
    return changes(connection, period, before.version, old, new)


def recorded(relation: str) -> str:
    """What the record calls the rows of a section."""
    return relation.replace("sosdata_", "delivered_")


def project_version(outcome: dict) -> str:
    """Of dbt_project.yml, and the commit in a git checkout."""
    version = str(outcome["project_version"])
    if not (PACKAGE / ".git").exists():
        return version
    asked = ["git", "-C", str(PACKAGE), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
    except OSError:
        return version
    return f"{version}+{done.stdout.strip()}" if done.returncode == 0 else version


def source_systems(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "select distinct source_system from quality_reconciliation"
        " where source_system is not null and rows_in > 0 order by 1"
    )
    return [system for (system,) in found.fetchall()]


def broken_rules(connection: duckdb.DuckDBPyConnection, period: str) -> dict[str, dict[str, int]]:
    """Rows by rule: of errors, which were rejected, and of warnings."""
    found = connection.execute(
        f"select severity, rule_id, count(*) from ({violations(period)}) as listed group by all"
        " order by all"
    ).fetchall()
    return {
        name: {rule: rows for given, rule, rows in found if given == severity}
        for name, severity in (("rejected_rows", "error"), ("warned_rows", "warning"))
    }


def explained_measures(connection: duckdb.DuckDBPyConnection, period: str) -> list[dict]:
    """Notable measures of the period with the reasons of measure_explanations (M2)."""
    found = connection.execute(
        """
        select
            measures.measure_id, measures.organiser_code, measures.service_task_code,
            measures.source_system, measures.value, measures.compared_with, explanations.reason
        from quality_measures as measures
        left join stg_settings__measure_explanations as explanations
            on explanations.measure_id = measures.measure_id
            and explanations.follow_up_period = measures.follow_up_period
            and explanations.organiser_code is not distinct from measures.organiser_code
            and explanations.service_task_code is not distinct from measures.service_task_code
            and explanations.source_system is not distinct from measures.source_system
            and explanations.reason is not null
        where measures.follow_up_period = ? and measures.is_notable and measures.is_explained
        order by all nulls first
        """,
        [period],
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def add_to_record(
    connection: duckdb.DuckDBPyConnection,
    record: Record,
    folder: Path,
    facts: dict,
    manifest: str,
    freeze_id: str,
    now: datetime,
) -> None:
    """F2: the row of deliveries last."""
    period, version = facts["follow_up_period"], facts["version"]
    for section in deliver.delivered_sections(connection, period):
        relation = SECTIONS[section]
        columns = list(columns_of(connection, relation))
        rows = (
            (period, version, *row[1:], freeze_id)
            for row in streamed(
                connection,
                f"select {', '.join(columns)} from {relation} where follow_up_period = '{period}'",
            )
        )
        named = ["follow_up_period", "version", *columns[1:], "freeze_id"]
        record.append(recorded(relation), named, rows)
    contents = (
        (period, version, name, base64.b64encode((folder / name).read_bytes()).decode(), freeze_id)
        for name in sorted(files_in(folder))
        if name != MANIFEST
    )
    for row in contents:
        named = ["follow_up_period", "version", "name", "content", "freeze_id"]
        record.append("delivered_files", named, [row])
    (extracted_on,) = connection.execute(
        "select extracted_on from delivery_periods where follow_up_period = ?", [period]
    ).fetchone()
    delivery = {
        "follow_up_period": period,
        "version": version,
        "frozen_at": now.replace(microsecond=0, tzinfo=None),
        "signed_by": facts["signed_by"],
        "reason": facts["reason"],
        "is_trial": facts["is_trial"],
        "extracted_on": extracted_on,
        "project_version": facts["project_version"],
        "manifest": manifest,
        "freeze_id": freeze_id,
    }
    record.append("deliveries", list(delivery), [tuple(delivery.values())])
    record.commit()


def streamed(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple]:
    found = connection.execute(query)
    while some := found.fetchmany(10_000):
        yield from some


# The commands


def run_freeze(manifest: Manifest, request: Request) -> str:
    """What was done, in words. Raises NotDelivered, NotRecorded and NoBuild."""
    if not re.fullmatch(r"\d{4}Q[1-4]", request.period, re.ASCII):
        raise NotDelivered(f"'{request.period}' is not a follow-up period such as 2024Q1.")
    where = places(manifest)
    with (
        open_record(manifest, where.record) as record,
        deliver.errors_in_a_sentence(where.folder),
    ):
        mended = mend(request, record, where)
        if mended:
            return f"{mended} was not whole: it has been written from the delivery record."
    relations = list(SECTIONS.values())
    with (
        open_built(relations, manifest, WHOLE) as (connection, _),
        deliver.errors_in_a_sentence(where.folder),
    ):
        return str(freeze(connection, manifest, request, where, datetime.now(UTC)))


def run_verify(manifest: Manifest, folder: Path) -> str:
    """What the folder agrees with, in words."""
    with open_record(manifest, places(manifest).record) as record:
        try:
            return verify(folder, record)
        except OSError as error:
            raise NotDelivered(f"{folder} cannot be read ({reason(error)}).") from error


def run_rewrite(manifest: Manifest, period: str, version: int) -> str:
    """Copies a version out of the record; what was done, in words."""
    where = places(manifest)
    with open_record(manifest, where.record) as record:
        delivery = deliveries(record).get((period, version))
        if delivery is None:
            raise NotDelivered(
                f"the delivery record {record.place} has no version {version} of {period}."
            )
        stop_on_lost_manifest(record, delivery)
        folder = folder_of(where, period, version)
        with deliver.errors_in_a_sentence(where.folder):
            if folder.is_dir() and not folder.is_symlink():
                if not differences(folder, delivery.manifest):
                    return f"{folder} is there and whole."
                stop_on_files_not_ours(folder, delivery.manifest)
            return str(write_from_record(record, delivery, where))
