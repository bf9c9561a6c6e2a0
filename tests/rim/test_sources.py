"""Every source over real HTTP, against a PubMed, a Europe PMC and a registry on loopback."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from vesicle.model.errors import TemporaryFailure
from vesicle.model.paper import Cursor, Page
from vesicle.net.http import Http
from vesicle.testing.ncbi import (
    CUT,
    HIDDEN_TOO_MANY,
    SERVER_ERROR,
    TOO_MANY,
    WEB_PAGE,
    XML_ERROR,
    Ncbi,
    Twist,
    on_request,
    record,
    study,
)
from vesicle.watch import clinicaltrials, europepmc, feed, pubmed, pubmed_rss

TODAY = date(2026, 11, 22)
LAST_RUN = Cursor(position="2026-11-20")
EMAIL = "editor@example.org"


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(contact="https://example.org", wait=lambda _: None) as client:
        yield client


def made(number: int, *, created: date = TODAY, types: tuple[str, ...] = ("Journal Article",)) -> bytes:
    return record(
        pmid=str(1000 + number),
        title=f"Exosome paper {number}",
        abstract={"RESULTS": f"What came of it: {number} mice."},
        created=created,
        types=types,
        doi=f"10.1000/{number}",
        authors=("Other AB",),
    )


def from_pubmed(ncbi: Ncbi, http: Http, *, query: str = "exosome[tiab]", page: int = 200) -> pubmed.Source:
    options = pubmed.Options(query=query, email=EMAIL, base=f"{ncbi.url}/entrez/eutils", page=page)
    return pubmed.Source(options, fetch=http.get, today=lambda: TODAY)


def ids(pages: list[Page]) -> list[str]:
    return [paper.id for page in pages for paper in page.papers]


def test_pubmed_gives_what_is_new_with_its_abstract(http: Http) -> None:
    old = made(1, created=TODAY - timedelta(days=90))
    with Ncbi([old, *map(made, range(2, 7))]) as ncbi:
        pages = list(from_pubmed(ncbi, http, page=2).fetch(LAST_RUN))
    assert ids(pages) == ["1002", "1003", "1004", "1005", "1006"]
    assert [len(page.papers) for page in pages] == [2, 2, 1]
    assert {page.found for page in pages} == {5}
    assert pages[0].papers[0].text.endswith("What came of it: 2 mice.")
    assert "exosome" in pages[0].translation
    assert ncbi.unsigned == []


def test_a_paper_that_was_retracted_since_comes_again(http: Http) -> None:
    with Ncbi(
        [made(1, created=TODAY - timedelta(days=90)), made(2, created=TODAY - timedelta(days=60))]
    ) as ncbi:
        source = from_pubmed(ncbi, http)
        assert ids(list(source.fetch(LAST_RUN))) == []
        ncbi.retract("1001", on=TODAY)
        (page,) = source.fetch(LAST_RUN)
    assert [(paper.id, "Retracted Publication" in paper.types) for paper in page.papers] == [("1001", True)]


def test_a_query_of_unknown_words_finds_nothing_rather_than_all_of_pubmed(http: Http) -> None:
    with Ncbi([made(1)]) as ncbi:
        (page,) = from_pubmed(ncbi, http, query="xyzzyplugh[tiab]").fetch(LAST_RUN)
    assert (page.found, page.papers) == (0, ())
    assert any("xyzzyplugh" in warning for warning in page.warnings)


def test_a_record_that_vanished_between_search_and_fetch_is_named(http: Http) -> None:
    with Ncbi([made(1), made(2)]) as ncbi:

        def fetch(url: str) -> bytes:
            if "efetch" in url:
                ncbi.delete("1002")
            return http.get(url)

        options = pubmed.Options(query="exosome[tiab]", email=EMAIL, base=f"{ncbi.url}/entrez/eutils")
        (page,) = pubmed.Source(options, fetch=fetch, today=lambda: TODAY).fetch(Cursor())
    assert (page.found, ids([page]), page.missing) == (2, ["1001"], ("1002",))


@pytest.mark.parametrize("twist", [SERVER_ERROR, TOO_MANY, CUT], ids=["500", "429", "cut"])
def test_a_passing_fault_is_tried_again(http: Http, twist: Twist) -> None:
    with Ncbi([made(1)], script=on_request({1: twist, 3: twist})) as ncbi:
        assert ids(list(from_pubmed(ncbi, http).fetch(Cursor()))) == ["1001"]


@pytest.mark.parametrize("twist", [WEB_PAGE, HIDDEN_TOO_MANY, XML_ERROR], ids=["page", "hidden 429", "error"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_fault_under_status_200_is_a_named_failure(http: Http, twist: Twist, at: int) -> None:
    with Ncbi([made(1)], script=on_request({at: twist})) as ncbi, pytest.raises(TemporaryFailure) as failure:
        list(from_pubmed(ncbi, http).fetch(Cursor()))
    assert "203.0.113.7" not in str(failure.value)


def test_a_feed_of_pubmed_names_the_papers_and_their_records_come(http: Http) -> None:
    with Ncbi([made(1), made(2)]) as ncbi:
        options = pubmed_rss.Options(feed=ncbi.feed("exosome"), email=EMAIL, base=f"{ncbi.url}/entrez/eutils")
        (page,) = pubmed_rss.Source(options, fetch=http.get).fetch(Cursor())
        alone = pubmed_rss.Options(feed=options.feed, records=False)
        (bare,) = pubmed_rss.Source(alone, fetch=http.get).fetch(Cursor())
    assert sorted(ids([page])) == sorted(ids([bare])) == ["1001", "1002"]
    assert all(paper.abstract for paper in page.papers)
    assert not any(paper.abstract for paper in bare.papers)


def test_the_same_feed_is_read_as_any_journals(http: Http) -> None:
    with Ncbi([made(1)]) as ncbi:
        source = feed.Source(feed.Options(feed=ncbi.feed("exosome")), fetch=http.get)
        (page,) = source.fetch(Cursor())
    assert [(paper.id, paper.doi) for paper in page.papers] == [("10.1000/1", "10.1000/1")]


def test_preprints_come_page_by_page(http: Http) -> None:
    preprints = [made(number, types=("Preprint",)) for number in range(5)]
    with Ncbi([*preprints, made(9)]) as ncbi:
        base = f"{ncbi.url}/europepmc/webservices/rest"
        options = europepmc.Options(query="exosome", base=base, page=2)
        pages = list(europepmc.Source(options, fetch=http.get, today=lambda: TODAY).fetch(LAST_RUN))
    papers = [paper for page in pages for paper in page.papers]
    assert [page.found for page in pages] == [5, 5, 5]
    assert {paper.doi for paper in papers} == {f"10.1000/{number}" for number in range(5)}
    assert all(paper.types == ("Preprint",) and paper.abstract for paper in papers)


def test_trials_come_page_by_page(http: Http) -> None:
    with Ncbi() as ncbi:
        ncbi.studies += [
            study(nct=f"NCT0000000{number}", title=f"Exosome trial {number}", updated=TODAY)
            for number in range(1, 4)
        ]
        options = clinicaltrials.Options(query="exosome", base=f"{ncbi.url}/api/v2", page=2)
        pages = list(clinicaltrials.Source(options, fetch=http.get, today=lambda: TODAY).fetch(LAST_RUN))
    assert sorted(ids(pages)) == ["NCT00000001", "NCT00000002", "NCT00000003"]
    assert {page.found for page in pages} == {3}


# A slot is when a request leaves. The server counts when it arrives, so it is given one more in a second.
PACED = """
import sys, time
from vesicle.net.eutils import Eutils
from vesicle.net.http import Http
from vesicle.net.slots import Slots
base, folder = sys.argv[1:]
slots = Slots(folder, per_second=2, clock=time.time, wait=time.sleep)
with Http(contact="https://example.org", pauses=()) as http:
    def fetch(url):
        slots.take()
        return http.get(url)
    eutils = Eutils(fetch=fetch, base=base, tool="vesicle", email="editor@example.org")
    for _ in range(2):
        eutils.search("exosome", start=0, size=1)
"""


@pytest.mark.long
def test_processes_that_share_slots_are_never_refused_for_their_rate(tmp_path: Path) -> None:
    with Ncbi([made(1)], rate=3) as ncbi:
        command = [sys.executable, "-c", PACED, f"{ncbi.url}/entrez/eutils", str(tmp_path / "slots")]
        running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
        said = [process.communicate(timeout=60)[1] for process in running]
    assert said == ["", "", ""]
    assert len(ncbi.requests) == 6
