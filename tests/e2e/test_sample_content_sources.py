"""The sample content is true to the records it names: titles, passages, fingerprints, and no copied words.

The records hold abstracts that may be under copyright, so they lie outside the repository; where they are
absent, these tests are skipped.
"""

import csv
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from vesicle.model.item import PaperReference
from vesicle.text.citations import paper_id
from vesicle.text.fingerprint import SHINGLE_WORDS, bears, fingerprint, sentences

ROOT = Path(__file__).resolve().parents[2]
CONTENT = ROOT / "content"
SHARED = ROOT / ".." / "shared"
RECORDS = SHARED / "data" / "pubmed"
SEEDS = SHARED / "seeds"
LABEL = re.compile(r"(?:^|(?<=\. ))(?:Introduction|Objective|Materials and methods|Results|Conclusion): ")
FINDINGS = sorted(path.name for path in (CONTENT / "findings").glob("*.md"))
PAPERS = sorted(path.stem for path in (CONTENT / "papers").glob("*.json"))
TEXTS = sorted(str(path.relative_to(CONTENT)) for path in CONTENT.rglob("*.md"))

pytestmark = pytest.mark.skipif(
    not (RECORDS.is_dir() and SEEDS.is_dir()),
    reason="the records of the sample papers are not beside the repository",
)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a source says of a paper; *doi* is None where the source does not tell it."""

    pmid: str
    doi: str | None
    title: str
    abstract: str
    corrections: tuple[str, ...] = ()


def one_line(text: str) -> str:
    return " ".join(text.split())


def without_tags(text: str) -> str:
    return one_line(unescape(re.sub(r"<[^>]+>", "", text)))


def as_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def runs(text: str) -> set[tuple[str, ...]]:
    found = as_words(text)
    return {tuple(found[n : n + SHINGLE_WORDS]) for n in range(len(found) - SHINGLE_WORDS + 1)}


def whole(element: ElementTree.Element) -> str:
    return one_line("".join(element.itertext()))


def xml_records() -> Iterator[Record]:
    with gzip.open(RECORDS / "msc_all_with_refs.xml.gz") as stream:
        root = ElementTree.parse(stream).getroot()
    for one in root.iter("PubmedArticle"):
        doi = one.find("MedlineCitation/Article/ELocationID[@EIdType='doi']")
        title = one.find("MedlineCitation/Article/ArticleTitle")
        parts = one.iterfind("MedlineCitation/Article/Abstract/AbstractText")
        yield Record(
            pmid=one.findtext("MedlineCitation/PMID", ""),
            doi=doi.text if doi is not None else None,
            title=whole(title) if title is not None else "",
            abstract="\n\n".join(whole(part) for part in parts),
            corrections=tuple(note.get("RefType", "") for note in one.iter("CommentsCorrections")),
        )


def csv_records() -> Iterator[Record]:
    with (RECORDS / "ev_neuro_2025_2026.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            yield Record(
                pmid=row["pmid"],
                doi=None if row["doi"] == "N/A" else row["doi"],
                title=without_tags(row["title"]),
                abstract=without_tags(row["abstract"]),
            )


@cache
def seed() -> Record:
    text = next(SEEDS.glob("000_*.txt")).read_text(encoding="utf-8")
    title = re.search(r"^(Exploring .*?) Publisher Pubmed$", text, re.MULTILINE)
    abstract = re.search(r"^Abstract\n\n(.*?)\s*© The Author", text, re.MULTILINE | re.DOTALL)
    assert title, "the seed has lost its title"
    assert abstract, "the seed has lost its abstract"
    return Record(pmid="", doi=None, title=title[1], abstract=LABEL.sub("", one_line(abstract[1])))


@cache
def records() -> dict[str, Record]:
    return {record.pmid: record for record in (*csv_records(), *xml_records())}


def front(path: Path) -> tuple[dict[str, Any], str]:
    _, fields, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(fields), body


def paper_of(name: str) -> dict[str, Any]:
    fields, _ = front(CONTENT / "findings" / f"{name.split('.', maxsplit=1)[0]}.md")
    paper: dict[str, Any] = fields["paper"]
    return paper


def record_of(name: str) -> Record:
    pmid = paper_of(name).get("pmid", "")
    return records()[pmid] if pmid else seed()


def filed(stem: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((CONTENT / "papers" / f"{stem}.json").read_text(encoding="utf-8"))
    return data


def strings(value: object) -> Iterator[str]:
    """Yield every text in front matter but the passages, which are quotes, and the paper's own title."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in ("passage", "paper"):
                yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str):
        yield value


def own_text(path: Path) -> list[str]:
    fields, body = front(path)
    return [*strings(fields), *body.split("\n\n")]


def used() -> tuple[Record, ...]:
    return tuple({record.title: record for record in map(record_of, FINDINGS)}.values())


def test_there_are_five_findings_on_five_papers() -> None:
    originals = [name for name in FINDINGS if name.count(".") == 1]
    ids = {paper_id(PaperReference(**paper_of(name))) for name in originals}
    assert len(originals) == len(ids) == 5
    assert ids == set(PAPERS)


@pytest.mark.parametrize("name", FINDINGS)
def test_a_finding_names_the_paper_of_its_record(name: str) -> None:
    paper, record = paper_of(name), record_of(name)
    kept = filed(paper_id(PaperReference(**paper)))["paper"]
    assert kept["title"] == record.title == paper.get("title", record.title)
    assert kept["pmid"] == record.pmid == paper.get("pmid", "")
    assert kept["doi"] == paper.get("doi", "")
    assert record.doi in (None, kept["doi"])


@pytest.mark.parametrize("name", FINDINGS)
def test_every_passage_is_in_the_abstract_letter_for_letter(name: str) -> None:
    fields, _ = front(CONTENT / "findings" / name)
    abstract = record_of(name).abstract
    assert 2 <= len(fields["claims"]) <= 4
    for claim in fields["claims"]:
        passage = one_line(claim["passage"])
        assert passage in abstract
        assert len(sentences(passage)) <= 2
        assert bears(fingerprint(abstract), passage)


@pytest.mark.parametrize("stem", PAPERS)
def test_a_fingerprint_is_that_of_the_abstract(stem: str) -> None:
    record = records()[stem] if stem.isdigit() else seed()
    made = fingerprint(record.abstract)
    assert filed(stem)["fingerprint"] == {
        "sentences": sorted(made.sentences),
        "shingles": sorted(made.shingles),
        "numbers": list(made.numbers),
    }


@pytest.mark.parametrize("name", TEXTS)
def test_no_twelve_words_in_a_row_of_our_own_text_are_an_abstracts(name: str) -> None:
    own = {run for text in own_text(CONTENT / name) for run in runs(text)}
    for record in used():
        assert not own & runs(record.abstract), record.pmid


@pytest.mark.parametrize("name", [*TEXTS, *(f"papers/{stem}.json" for stem in PAPERS)])
def test_no_sentence_of_an_abstract_stands_outside_a_passage(name: str) -> None:
    path = CONTENT / name
    text = "\n\n".join(own_text(path)) if path.suffix == ".md" else path.read_text(encoding="utf-8")
    ours = f" {' '.join(as_words(text))} "
    for record in used():
        for sentence in sentences(record.abstract):
            assert f" {' '.join(as_words(sentence))} " not in ours


@pytest.mark.parametrize("stem", [stem for stem in PAPERS if stem.isdigit()])
def test_no_paper_is_retracted_or_corrected_in_the_records(stem: str) -> None:
    listed = (RECORDS / "retracted_pmids_2023-12.tsv").read_text(encoding="utf-8").split()
    assert stem not in listed
    assert not [kind for kind in records()[stem].corrections if "Retraction" in kind or "Erratum" in kind]


def test_the_review_of_skin_studies_counts_as_its_caveat_says() -> None:
    said = re.search(r"(\d+) studies published", seed().abstract)
    counted = re.search(r"Among the (\d+) selected studies, (.*?)\. ", seed().abstract)
    assert said
    assert counted
    parts = re.findall(r"\b\d+\b", counted[2])
    fields, _ = front(CONTENT / "findings" / "skin-conditioned-medium-review.md")
    assert (said[1], counted[1]) == ("16", "17")
    assert sum(map(int, parts)) == 17
    assert f"{'+'.join(parts)} = 17" in fields["caveat"]
