"""The PubMed source against a PubMed of a few lines: it knows dates, and the window of 9,999."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from vesicle.model.errors import PermanentFailure, TemporaryFailure, UserError
from vesicle.model.paper import Cursor, Page
from vesicle.net.eutils import WINDOW
from vesicle.watch.pubmed import Options, Source

TODAY = date(2026, 11, 22)
LAST_RUN = Cursor(position="2026-11-20")
_RANGE = re.compile(r'\("(\d{4}/\d\d/\d\d)"\[(\w+)\] : "(\d{4}(?:/\d\d/\d\d)?)"\[(\w+)\]\)')


@dataclass
class PubMed:
    """Records by PMID with the days they were made and revised, and what was asked."""

    created: Mapping[int, date]
    revised: Mapping[int, date] = field(default_factory=dict)
    gone: frozenset[int] = frozenset()
    terms: list[str] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def fetch(self, url: str) -> bytes:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        return self._search(asked) if "esearch" in url else self._records(asked)

    def _search(self, asked: Mapping[str, str]) -> bytes:
        self.terms.append(asked["term"])
        ids = [pmid for pmid in self.created if self._fits(pmid, asked["term"])]
        start, size = int(asked["retstart"]), min(int(asked["retmax"]), WINDOW)
        result = {
            "count": str(len(ids)),
            "idlist": [str(pmid) for pmid in ids[start : start + size]],
            "querytranslation": f"translated {asked['term']}",
        }
        return json.dumps({"esearchresult": result}).encode()

    def _fits(self, pmid: int, term: str) -> bool:
        days = {"crdt": self.created[pmid], "lr": self.revised.get(pmid, self.created[pmid])}
        spans = _RANGE.findall(term)
        return all(first <= f"{days[kind]:%Y/%m/%d}" <= last for first, kind, last, _ in spans)

    def _records(self, asked: Mapping[str, str]) -> bytes:
        ids = [int(pmid) for pmid in asked["id"].split(",")]
        self.batches.append(len(ids))
        return record_set(*(pmid for pmid in ids if pmid not in self.gone))


def record_set(*pmids: int) -> bytes:
    records = (
        f'<PubmedArticle><MedlineCitation Status="Publisher"><PMID Version="1">{pmid}</PMID><Article>'
        f"<Journal><Title>J</Title></Journal><ArticleTitle>Paper {pmid}</ArticleTitle></Article>"
        "</MedlineCitation></PubmedArticle>"
        for pmid in pmids
    )
    return f"<PubmedArticleSet>{''.join(records)}</PubmedArticleSet>".encode()


def options(*, page: int = 200, query: tuple[str, ...] | str = "a OR b") -> Options:
    return Options(query=query, email="editor@example.org", page=page)


def run(pubmed: PubMed, cursor: Cursor = LAST_RUN, *, page: int = 200) -> list[Page]:
    return list(Source(options(page=page), fetch=pubmed.fetch, today=lambda: TODAY).fetch(cursor))


def pmids(pages: list[Page]) -> list[int]:
    return [int(paper.pmid) for page in pages for paper in page.papers]


def test_what_was_made_since_the_last_run_comes_with_an_overlap() -> None:
    pubmed = PubMed(created={1: date(2026, 11, 14), 2: date(2026, 11, 15), 3: TODAY})
    (page,) = run(pubmed)
    assert pmids([page]) == [2, 3]
    assert page.found == 2
    assert page.cursor == Cursor(position="2026-11-22")
    assert pubmed.terms == [
        "a OR b",
        '(a OR b) AND ("2026/11/15"[crdt] : "3000"[crdt])',
        '(a OR b) AND ("2026/11/15"[lr] : "3000"[lr])',
    ]


def test_query_and_translation_are_the_same_from_day_to_day() -> None:
    pubmed = PubMed(created={1: TODAY})
    pages = [page for cursor in (Cursor(), LAST_RUN) for page in run(pubmed, cursor)]
    assert {(page.query, page.translation) for page in pages} == {("a OR b", "translated a OR b")}


def test_the_first_run_goes_back_some_days_and_asks_for_new_records_alone() -> None:
    pubmed = PubMed(created={1: date(2026, 10, 22), 2: date(2026, 10, 23)}, revised={1: TODAY})
    assert pmids(run(pubmed, Cursor())) == [2]
    assert all("[lr]" not in term for term in pubmed.terms)


def test_a_record_that_was_revised_comes_again_and_once() -> None:
    pubmed = PubMed(
        created={1: date(2020, 1, 1), 2: date(2020, 1, 1), 3: TODAY},
        revised={1: date(2026, 11, 21), 3: TODAY},
    )
    pages = run(pubmed)
    assert pmids(pages) == [1, 3]
    assert pages[0].found == 2


def test_lines_of_a_query_are_one_query_and_stay_in_their_brackets() -> None:
    pubmed = PubMed(created={1: TODAY})
    made = options(query=("a[tiab]", "  OR b[tiab]"))
    list(Source(made, fetch=pubmed.fetch, today=lambda: TODAY).fetch(Cursor()))
    assert pubmed.terms[1].startswith("(a[tiab] OR b[tiab]) AND (")


def test_pages_hold_what_was_asked_for_and_the_same_total() -> None:
    pubmed = PubMed(created=dict.fromkeys(range(1, 8), TODAY))
    pages = run(pubmed, page=3)
    assert pubmed.batches == [3, 3, 1]
    assert [page.found for page in pages] == [7, 7, 7]
    assert pmids(pages) == [1, 2, 3, 4, 5, 6, 7]
    assert len({page.cursor for page in pages}) == 1


def test_a_quiet_day_is_one_page_without_papers() -> None:
    (page,) = run(PubMed(created={1: date(2020, 1, 1)}))
    assert (page.papers, page.found, page.cursor.position) == ((), 0, "2026-11-22")


def test_a_phrase_that_pubmed_does_not_know_is_told_with_the_empty_result() -> None:
    reply = {"count": "0", "idlist": [], "errorlist": {"phrasesnotfound": ["xyzzy"]}}
    body = json.dumps({"esearchresult": reply}).encode()
    (page,) = Source(options(), fetch=lambda _: body, today=lambda: TODAY).fetch(LAST_RUN)
    assert (page.found, page.warnings) == (0, ("phrase not found: xyzzy",))


def test_beyond_the_window_days_are_split_until_no_record_is_lost() -> None:
    days = [TODAY - timedelta(days=back) for back in range(20)]
    created = {pmid: days[pmid % 20] for pmid in range(1, WINDOW + 500)}
    pubmed = PubMed(created=created)
    pages = run(pubmed, Cursor())
    assert pmids(pages) == sorted(created)
    assert pages[0].found == len(created)
    assert any('"3000"' not in term for term in pubmed.terms)


def test_a_day_of_too_many_revisions_is_split_by_when_the_records_were_made() -> None:
    made = {pmid: date(1990 + pmid % 30, 5, 1) for pmid in range(1, WINDOW + 100)}
    pubmed = PubMed(created=made, revised=dict.fromkeys(made, TODAY))
    assert pmids(run(pubmed)) == sorted(made)


def test_a_day_on_which_too_many_records_were_made_is_a_named_failure() -> None:
    pubmed = PubMed(created=dict.fromkeys(range(1, WINDOW + 2), TODAY))
    with pytest.raises(PermanentFailure, match="more than 9,999 records made on 2026-11-22"):
        run(pubmed)


def test_records_that_do_not_come_are_named_on_their_page() -> None:
    pubmed = PubMed(created=dict.fromkeys(range(1, 5), TODAY), gone=frozenset({2}))
    pages = run(pubmed, page=2)
    assert [page.missing for page in pages] == [("2",), ()]
    assert pages[0].found == 4


def test_pages_before_a_failure_are_whole() -> None:
    pubmed = PubMed(created=dict.fromkeys(range(1, 5), TODAY))

    def fetch(url: str) -> bytes:
        if len(pubmed.batches) == 1:
            raise TemporaryFailure("NCBI is away")
        return pubmed.fetch(url)

    pages = Source(options(page=2), fetch=fetch, today=lambda: TODAY).fetch(LAST_RUN)
    assert pmids([next(pages)]) == [1, 2]
    with pytest.raises(TemporaryFailure, match="is away"):
        next(pages)


@pytest.mark.parametrize(
    "wrong",
    [{"query": " \n"}, {"query": ()}, {"overlap_days": -1}, {"first_days": 0}, {"page": 0}, {"page": 201}],
)
def test_options_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {"query": "a", "email": "editor@example.org"}
    with pytest.raises(UserError):
        Options(**{**right, **wrong})  # type: ignore[arg-type] # the point of the test


def test_an_address_is_wanted_and_the_key_is_never_shown() -> None:
    with pytest.raises(UserError, match="who asks"):
        Source(Options(query="a", email=""), fetch=lambda _: b"", today=lambda: TODAY)
    assert "s3cret" not in repr(Options(query="a", email="a@example.org", api_key="s3cret"))
