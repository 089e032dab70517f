"""Writes docs/dictionary/: the analysts' marts and code lists in English, Swedish and Finnish.

English is the description; the text of another language is the docs block beside that of the
description, by its name: `analytics_days_sv`. Tables without a block go by their own name.
"""

import sys
from pathlib import Path

from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ModelNode, SeedNode

from picture import NotDrawn, parsed

sys.path.append(str(Path(__file__).resolve().parent.parent / "scripts"))
from analytics_file import analysts_relations  # noqa: E402

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / "docs" / "dictionary"
# Title, introduction, and the headings of a table's columns.
PAGES = {
    "en": (
        "Data dictionary",
        "What analysts can query: the marts without identities, and the code lists.",
        ("column", "type", "meaning"),
    ),
    "sv": (
        "Dataordbok",
        "Vad analytiker kan fråga: tabellerna utan identiteter, och kodlistorna.",
        ("kolumn", "typ", "betydelse"),
    ),
    "fi": (
        "Tietosanasto",
        "Mitä analyytikot voivat kysellä: taulut ilman henkilöllisyyksiä ja koodiluettelot.",
        ("sarake", "tyyppi", "merkitys"),
    ),
}
NAMES = {"en": "English", "sv": "svenska", "fi": "suomi"}
WRITTEN = "<!-- Written by `make dictionary` of the descriptions; do not edit. -->\n"


def tables(manifest: Manifest) -> list[ModelNode | SeedNode]:
    """The models of the group analytics, those with names after the others, then the code lists."""
    relations = analysts_relations(manifest)
    relations.sort(key=lambda node: (isinstance(node, SeedNode), node.name.endswith("_named")))
    return relations


def text(
    manifest: Manifest, description: str, blocks: list[str], name: str, language: str
) -> str | None:
    """A description in a language on one line, or None where there is none."""
    if language != "en":
        # A description may quote a block and add words of its own, which no block translates.
        whole = [
            key for key in blocks if one_line(manifest.docs[key].block_contents) == description
        ]
        key = f"{whole[0] if whole else f'doc.sosdata.{name}'}_{language}"
        description = manifest.docs[key].block_contents if key in manifest.docs else ""
    return one_line(description) or None


def one_line(words: str) -> str:
    """The words without line breaks."""
    return " ".join(words.split())


def described(
    manifest: Manifest, node: ModelNode | SeedNode, language: str
) -> tuple[str | None, dict[str, str | None]]:
    """What a table means, and each of its columns; None where no text is found."""
    about = text(manifest, one_line(node.description), node.doc_blocks, node.name, language)
    columns = {
        column.name: text(
            manifest,
            one_line(column.description),
            column.doc_blocks,
            f"{node.name}__{column.name}",
            language,
        )
        for column in node.columns.values()
    }
    return about, columns


def missing(manifest: Manifest) -> list[str]:
    """Tables and columns without a text, as `sv analytics_persons.sex_code`."""
    found = []
    for language in PAGES:
        for node in tables(manifest):
            about, columns = described(manifest, node, language)
            names = [node.name] if about is None else []
            names += [f"{node.name}.{name}" for name, words in columns.items() if words is None]
            found += [f"{language} {name}" for name in names]
    return found


def page(manifest: Manifest, language: str) -> str:
    """The text of one page."""
    title, introduction, headings = PAGES[language]
    others = " · ".join(f"[{NAMES[one]}]({one}.md)" for one in PAGES if one != language)
    lines = [f"# {title}\n{introduction} {others}\n\n{WRITTEN}"]
    for node in tables(manifest):
        about, columns = described(manifest, node, language)
        lines.append(f"\n## {node.name}\n{about or ''}\n\n| {' | '.join(headings)} |\n")
        lines.append("| --- | --- | --- |\n")
        for name, words in columns.items():
            lines.append(f"| `{name}` | {kind(node, name)} | {words or ''} |\n")
    return "".join(lines)


def kind(node: ModelNode | SeedNode, column: str) -> str:
    """The type of a column; seeds say it otherwise, and as each engine calls it."""
    if isinstance(node, SeedNode):
        given = str(node.config.column_types.get(column, ""))
        return {"date": "date", "boolean": "boolean"}.get(given, "string")
    return node.columns[column].data_type or ""


def pages(manifest: Manifest) -> dict[Path, str]:
    """The files and what must stand in them."""
    return {FOLDER / f"{language}.md": page(manifest, language) for language in PAGES}


def main() -> int:
    """Exit code 0 where the pages were written, 1 where a sentence says why not."""
    try:
        manifest = parsed()
    except NotDrawn as reason:
        print(f"docs/dictionary: {reason}", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    for path, words in pages(manifest).items():
        path.write_text(words, encoding="utf-8")
    if without := missing(manifest):
        print(f"docs/dictionary: no text for {', '.join(without)}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
