"""The data dictionary has everything in three languages, and its pages are those of the models."""

from types import SimpleNamespace

import pytest
from dbt.contracts.graph.manifest import Manifest

import dictionary
from picture import parsed
from warehouse import PROJECT


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return parsed()


def test_tables_are_those_that_analysts_may_read(manifest: Manifest) -> None:
    names = [node.name for node in dictionary.tables(manifest)]
    marts = {path.stem for path in (PROJECT / "models/marts/analytics").glob("*.sql")}
    codes = {path.stem for path in (PROJECT / "seeds/codes").glob("codes_*.csv")}
    assert set(names) == marts | codes
    assert len(names) == len(marts) + len(codes)


def test_every_table_and_column_has_a_text_in_each_language(manifest: Manifest) -> None:
    """A docs block beside that of the description, named the same with _sv and _fi."""
    assert dictionary.missing(manifest) == []


def test_pages_are_those_of_the_descriptions(manifest: Manifest) -> None:
    for path, words in dictionary.pages(manifest).items():
        assert path.read_text(encoding="utf-8") == words, "run `make dictionary`"


def test_languages_differ(manifest: Manifest) -> None:
    """So that no text was copied instead of translated."""
    for node in dictionary.tables(manifest):
        found = [dictionary.described(manifest, node, language) for language in dictionary.PAGES]
        assert len({about for about, _ in found}) == 3, node.name
        for column in node.columns:
            texts = {columns[column] for _, columns in found}
            assert len(texts) == 3, (node.name, column)


def test_a_text_that_quotes_a_block_and_says_more_is_not_translated_by_it() -> None:
    blocks = {
        f"doc.sosdata.day{end}": SimpleNamespace(block_contents=f"Day{end}") for end in ("", "_sv")
    }
    manifest = SimpleNamespace(docs=blocks)
    given = {"blocks": ["doc.sosdata.day"], "name": "mart__day", "language": "sv"}
    assert dictionary.text(manifest, "Day", **given) == "Day_sv"
    assert dictionary.text(manifest, "Day, and more", **given) is None
