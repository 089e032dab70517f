"""Draws the rooms of docs/architecture.md, with an arrow where a model of one reads another."""

import argparse
import os
import shutil
import sys
import tempfile
import textwrap
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "docs" / "architecture.md"
BEGIN = "<!-- Drawn by `make picture`; purposes of rooms: tools/picture.py -->\n"
END = "<!-- End of the picture -->\n"
# In the order of the way; an arrow against it is dotted.
PURPOSES = {
    "sources": "files or tables of the source contract",
    "seeds/settings": "of the county: map, exceptions, sources, reasons, units, age groups",
    "seeds/demo": "codes, map, exceptions and explanations of the demo",
    "seeds/codes": "code lists",
    "seeds/delivery": "names of the files' columns",
    "seeds/quality": "rules and measures, their texts, words of lists",
    "history": "runs, kept from build to build",
    "record": "what was delivered and listed",
    "staging/settings": "trim, refuse contradictions",
    "staging/extract": "every cell as text (base), trim, map codes, read dates, alike rows once",
    "staging/record": "the latest versions that were delivered",
    "intermediate/codes": "every class of every list",
    "intermediate/identities": "identity changes, clients to persons",
    "intermediate/checks": "every rule of a table in one scan",
    "intermediate/periods": "merge days once, choose by follow-up period",
    "intermediate/measures": "events by day, and the two figures of each measure",
    "intermediate/quality": "rules of every kind in one list, and what became of the rows",
    "intermediate/analytics": "pseudonyms of persons, figures of each quarter",
    "marts/delivery": "sections I to V, lineage, note, changes since the delivery",
    "marts/quality": "violations, follow-ups, shares, reconciliation, proposals, changes, measures",
    "marts/analytics": "periods, decisions and services of the whole history, without identities",
}
AFTERWARDS = """\
    marts_delivery & marts_quality & marts_analytics --> tests{{data tests}}
    tests -->|all pass| drafts[drafts of the files]
"""


class NotDrawn(Exception):
    """The sentence says what is missing."""


def parsed() -> Manifest:
    """The project as the demo is built, whatever is set for other builds."""
    for name in [name for name in os.environ if name.startswith(("SOSDATA_", "DBT_"))]:
        del os.environ[name]
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(PROJECT / "profiles.yml.example", Path(folder, "profiles.yml"))
        places = ["--project-dir", str(PROJECT), "--profiles-dir", folder]
        command = ["parse", "--quiet", "--target-path", folder, "--log-path", folder]
        result = dbtRunner().invoke(command + places)
    if not result.success:
        raise NotDrawn("dbt cannot parse the project: run `dbt parse`.")
    return result.result


def rooms_and_arrows(manifest: Manifest) -> tuple[set[str], set[tuple[str, str]]]:
    """The folders of models and seeds, and which of them reads which."""
    rooms = {
        key: source.source_name if source.source_name in ("history", "record") else "sources"
        for key, source in manifest.sources.items()
    }
    for key, node in manifest.nodes.items():
        if node.resource_type in ("model", "seed"):
            folder = Path(node.original_file_path.removeprefix("models/")).parent
            rooms[key] = "/".join(folder.parts[:2])
    arrows = {
        (rooms[parent], room)
        for key, room in rooms.items()
        if key in manifest.nodes
        for parent in manifest.nodes[key].depends_on_nodes
    }
    return set(rooms.values()), {(start, end) for start, end in arrows if start != end}


def drawn(rooms: set[str], arrows: set[tuple[str, str]]) -> str:
    """The picture as mermaid."""
    if unlike := rooms ^ PURPOSES.keys():
        raise NotDrawn(f"rooms and their purposes in tools/picture.py differ: {sorted(unlike)}.")
    order = list(PURPOSES)
    lines = ["flowchart LR\n"]
    for room, purpose in PURPOSES.items():
        is_model = not room.startswith(("sources", "seeds/", "history", "record"))
        if room == "staging/settings":
            lines.append("    subgraph models\n")
        text = "<br>".join([room, *textwrap.wrap(purpose, 34, break_on_hyphens=False)])
        box = f'["{text}"]' if is_model else f'[("{text}")]'
        lines.append(f"    {'    ' if is_model else ''}{name(room)}{box}\n")
    lines.append("    end\n")
    for number, room in enumerate(order):
        for line, others in (("-->", order[number:]), ("-.->", order[:number])):
            ends = [name(other) for other in others if (room, other) in arrows]
            if ends:
                lines.append(f"    {name(room)} {line} {' & '.join(ends)}\n")
    return f"```mermaid\n{''.join(lines)}{AFTERWARDS}```\n"


def name(room: str) -> str:
    """What mermaid calls the room."""
    return room.replace("/", "_")


def main() -> int:
    """Exit code 0 where the page has the picture, 1 where a sentence says why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    arguments = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    try:
        before, _, rest = page.partition(BEGIN)
        _, mark, after = rest.partition(END)
        if not mark:
            raise NotDrawn("the lines before and after the picture are gone.")
        new = before + BEGIN + drawn(*rooms_and_arrows(parsed())) + END + after
        if arguments.check and new != page:
            raise NotDrawn("the picture is not that of the models: run `make picture`.")
    except NotDrawn as missing:
        print(f"docs/architecture.md: {missing}", file=sys.stderr)
        return 1
    if new != page:
        PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
