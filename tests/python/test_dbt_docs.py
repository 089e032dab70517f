"""What the project says of itself: data dictionary, exposures, and the first page of dbt docs."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from dbt.contracts.graph.manifest import Manifest

import dictionary
from analytics_file import analysts_relations
from deliver import SECTIONS
from picture import parsed
from warehouse import PROJECT, ROOMS


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return parsed()


def test_tables_are_those_that_analysts_may_read(manifest: Manifest) -> None:
    names = [node.name for node in dictionary.tables(manifest)]
    marts = {path.stem for path in (PROJECT / "models/marts/analytics").glob("*.sql")}
    codes = {path.stem for path in (PROJECT / "seeds/codes").glob("codes_*.csv")}
    assert set(names) == marts | codes
    assert len(names) == len(marts) + len(codes)


def test_what_a_county_adds_is_not_among_them(manifest: Manifest) -> None:
    """Its group may have the same name, and its seeds may begin like the code lists."""
    model = manifest.nodes["model.sosdata.analytics_persons"]
    seed = manifest.nodes["seed.sosdata.codes_sexes"]
    theirs = {
        "model.county.analytics_names": replace(model, package_name="county", name="theirs"),
        "seed.county.codes_names": replace(
            seed, package_name="county", name="codes_names", unique_id="seed.county.codes_names"
        ),
    }
    both = SimpleNamespace(nodes={**manifest.nodes, **theirs})
    assert analysts_relations(both) == analysts_relations(manifest)


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


def exposed(manifest: Manifest) -> dict[str, set[str]]:
    """The relations that each exposure names."""
    return {
        exposure.name: {key.split(".")[-1] for key in exposure.depends_on_nodes}
        for exposure in manifest.exposures.values()
    }


def test_every_exposure_says_what_it_is_and_who_answers(manifest: Manifest) -> None:
    assert manifest.exposures
    for exposure in manifest.exposures.values():
        assert exposure.owner.name and exposure.owner.email
        assert exposure.maturity and exposure.label and len(exposure.description) > 80


def test_every_mart_has_a_use(manifest: Manifest) -> None:
    """A new mart gets its name in models/exposures.yml."""
    found = exposed(manifest)
    assert set().union(*found.values()) == set(ROOMS)
    assert set(SECTIONS.values()) < found["delivery_to_the_register"]
    assert "quality_violations" in found["lists_of_the_units"]
    # What is delivered holds identity codes, and is used for nothing else.
    others = [marts for name, marts in found.items() if name != "delivery_to_the_register"]
    assert not [mart for mart in set().union(*others) if ROOMS[mart] == "_delivery"]


def test_dbt_docs_open_on_our_own_page_in_three_languages(manifest: Manifest) -> None:
    page = manifest.docs["doc.sosdata.__overview__"].block_contents
    for reader in ("data engineer", "data steward", "analyst", "dataingenjör", "analyytikko"):
        assert f"| {reader} |" in page
    relations = {node.name for node in manifest.nodes.values()}
    named = set(re.findall(r"`([a-z_]+[a-z])`", page)) - {"extract"}
    assert named and named <= relations
    pages = set(re.findall(r"docs/[a-z_/.]+[a-z/]", page))
    assert pages and not [place for place in pages if not (PROJECT / place).exists()]
