"""Each id that the project cites is explained in docs/, and each rule has its sentence."""

import re
from functools import cache
from itertools import chain
from pathlib import Path

from warehouse import PROJECT, read_seeds

DOCS = PROJECT / "docs"
FOLDERS = ["analyses", "benchmarks", "docs", "integration_tests", "macros", "models", "scripts"]
FOLDERS += ["seeds", "tests", "tools"]
SUFFIXES = {".md", ".py", ".sh", ".sql", ".yml"}  # other seeds than the catalogue are a county's
CATALOGUE = PROJECT / "seeds/quality/quality_rules.csv"
NOT_OURS = {"target", "logs", "dbt_packages", "profiles.yml"}
# P1, C5b, S-2020: not the Q1 of 2024Q1 or 2024-Q1, the rule DE07 or the demo's code S-002.
CITED = re.compile(
    r"(?<!\w)(?<!\d{4}-)([ACDFKMPQR][1-9]\d?[a-z]?|S-(?:I{1,3}|IV|V|T|2020|SCOPE|NOTE))(?!\w)"
)
RULES = re.compile(r"\b([A-Z]{2}\d\d)(?:[–-]([A-Z]{2}\d\d))?\b")
RULE_IDS = [row["rule_id"] for row in read_seeds()["quality_rules"]]


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def specification() -> str:
    return text(DOCS / "specification.md")


def files() -> list[Path]:
    """Every file that may cite a sentence, but the page itself and this test."""
    own = {DOCS / "specification.md", Path(__file__).resolve()}
    inside = chain.from_iterable((PROJECT / folder).rglob("*") for folder in FOLDERS)
    return [
        path
        for path in chain(PROJECT.glob("*"), inside)
        if (path.suffix in SUFFIXES or path.name == "Makefile" or path == CATALOGUE)
        and not NOT_OURS & set(path.relative_to(PROJECT).parts)
        and path not in own
    ]


def cited(path: Path) -> set[str]:
    return set(CITED.findall(text(path)))


def defined() -> list[tuple[str, str]]:
    """Anchor and id of each sentence."""
    return re.findall(r'^- <a id="([^"]+)"></a>\*\*([^*]+)\*\* \S', specification(), re.MULTILINE)


def rules_named(words: str) -> list[str]:
    """Rules in a text, in its order; a range stands for all that it holds."""
    found = []
    for first, last in RULES.findall(words):
        start = RULE_IDS.index(first)
        found += RULE_IDS[start : RULE_IDS.index(last or first) + 1]
    return found


def test_pattern_finds_sentences_and_nothing_else() -> None:
    words = "(P3), C5b; S-2020, S-IV. Q4–Q8 | 2024Q1 2024-Q1 DE07 S-002 S-TREE 131052A900X D-1 R"
    assert CITED.findall(words) == ["P3", "C5b", "S-2020", "S-IV", "Q4", "Q8"]


def test_each_cited_sentence_is_explained() -> None:
    known = {sentence for _, sentence in defined()}
    unknown = {str(path.relative_to(PROJECT)): cited(path) - known for path in files()}
    assert {path: ids for path, ids in unknown.items() if ids} == {}
    assert set(CITED.findall(specification())) <= known


def test_each_explained_sentence_is_cited() -> None:
    everywhere = set(chain.from_iterable(cited(path) for path in files()))
    assert [sentence for _, sentence in defined() if sentence not in everywhere] == []


def test_each_sentence_has_its_anchor_once() -> None:
    anchors = re.findall(r'<a id="([^"]+)"', specification())
    assert anchors == [anchor for anchor, _ in defined()]
    assert len(set(anchors)) == len(anchors)
    assert [anchor for anchor, sentence in defined() if anchor != sentence.lower()] == []


def test_each_cited_section_has_its_heading() -> None:
    headings = set(re.findall(r"^## (\d+)\. ", specification(), re.MULTILINE))
    numbers = r"specification,\s+section\s+(\d+)|section\s+(\d+)\s+of\s+the\s+specification"
    cited_sections = {
        "".join(match) for path in files() for match in re.findall(numbers, text(path))
    }
    assert cited_sections
    assert cited_sections <= headings


def test_each_rule_has_one_sentence() -> None:
    table = re.findall(r"^\| ([A-Z]\S*) \| ([A-Z]{2}\d\d.*) \|$", specification(), re.MULTILINE)
    assert sorted(rules_named(" ".join(rules for _, rules in table))) == sorted(RULE_IDS)
    assert {sentence for sentence, _ in table} <= {sentence for _, sentence in defined()}


def test_rules_without_a_part_of_the_register_s_document_are_those_that_are_said() -> None:
    said = re.search(r"It names all rules but\s+these,[^:]*: ([^.]+)\.", specification())
    assert said
    named = set(rules_named(text(DOCS / "register_document.md")))
    assert rules_named(said.group(1)) == [rule for rule in RULE_IDS if rule not in named]


def test_each_decision_has_an_id_of_its_own() -> None:
    entries = re.findall(r"^- (.{40})", text(DOCS / "decisions.md"), re.MULTILINE)
    form = re.compile(r'<a id="(d-\d\d+)"></a>\*\*\1\. ')
    assert [entry for entry in entries if not form.match(entry)] == []
    ids = [form.match(entry).group(1) for entry in entries]
    assert len(set(ids)) == len(ids) > 0


def test_links_to_sentences_and_decisions_lead_somewhere() -> None:
    known = {"specification": {anchor for anchor, _ in defined()}}
    known["decisions"] = set(re.findall(r'<a id="([^"]+)"', text(DOCS / "decisions.md")))
    for path in files():
        for page, anchor in re.findall(r"(specification|decisions)\.md#([\w-]+)", text(path)):
            assert anchor in known[page], path
