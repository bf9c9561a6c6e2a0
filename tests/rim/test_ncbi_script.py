"""The fake of NCBI going wrong as it is told, and its neighbours: Europe PMC, trials, Crossref, feeds."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from threading import enumerate as threads
from time import perf_counter
from typing import Any

import feedparser
import httpx
import pytest
from lxml import etree

from vesicle.model.errors import TemporaryFailure
from vesicle.net.http import Http
from vesicle.testing import ncbi
from vesicle.testing.ncbi import Ncbi, Twist, demo_records, on_request, record, study

REAL = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "pubmed"
DAY = date(2026, 11, 1)
SIGNED = {"tool": "vesicle", "email": "editor@example.org"}


def made(pmid: int, title: str = "Secretome of cells", **fields: Any) -> bytes:
    return record(pmid=str(pmid), title=title, **{"created": DAY, **fields})


@pytest.fixture(scope="module")
def server() -> Iterator[Ncbi]:
    with Ncbi(demo_records(created=DAY)) as running:
        yield running


@pytest.fixture
def fetch() -> Iterator[Callable[[str], bytes]]:
    with Http(contact="editor@example.org", wait=lambda seconds: None, pauses=(0.0,)) as http:
        yield http.get


def ask(server: Ncbi, tool: str, **params: str | int) -> httpx.Response:
    query = {"db": "pubmed", "retmode": "json", **params, **SIGNED}
    return httpx.get(f"{server.url}/entrez/eutils/{tool}.fcgi", params=query, timeout=30)


def pmids(xml: bytes) -> list[str]:
    return [str(pmid) for pmid in etree.fromstring(xml).xpath("PubmedArticle/MedlineCitation/PMID/text()")]


# Going wrong as told


@pytest.mark.parametrize(
    ("twist", "status", "text"),
    [
        (ncbi.SERVER_ERROR, 500, "WWW Error 500 Diagnostic"),
        (ncbi.WEB_PAGE, 200, "<html>"),
        (ncbi.TOO_MANY, 429, "API rate limit exceeded"),
        (ncbi.HIDDEN_TOO_MANY, 200, "API rate limit exceeded"),
        (ncbi.XML_ERROR, 200, "<ERROR>"),
    ],
)
def test_the_script_turns_one_request_into_a_failure(twist: Twist, status: int, text: str) -> None:
    with Ncbi(demo_records(), script=on_request({2: twist})) as server:
        answers = [ask(server, "esearch", term="secretome") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, status, 200]
    assert text in answers[1].text
    assert answers[0].content == answers[2].content


def test_a_cut_answer_ends_half_way() -> None:
    with Ncbi(demo_records(), script=on_request({1: ncbi.CUT})) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            ask(server, "efetch", id="900000001", retmode="xml")
        assert ask(server, "einfo").status_code == 200


def test_a_slow_answer_is_late_and_does_not_keep_the_server_from_stopping() -> None:
    before = set(threads())
    with Ncbi(demo_records(), script=on_request({1: ncbi.slow(60)})) as server:
        start = perf_counter()
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{server.url}/entrez/eutils/einfo.fcgi", timeout=0.1)
    assert perf_counter() - start < 10
    assert set(threads()) <= before


def test_our_client_reads_past_an_error_page(fetch: Callable[[str], bytes]) -> None:
    with Ncbi(demo_records(), script=on_request({1: ncbi.SERVER_ERROR, 3: ncbi.CUT, 4: ncbi.CUT})) as server:
        url = f"{server.url}/entrez/eutils/efetch.fcgi?db=pubmed&id=900000001"
        assert pmids(fetch(url)) == ["900000001"]
        with pytest.raises(TemporaryFailure):
            fetch(url)


def test_a_fixed_answer_is_given_to_requests_that_have_its_parameters(fetch: Callable[[str], bytes]) -> None:
    with Ncbi() as server:
        server.answer("/entrez/eutils/esearch.fcgi", "term=a", b"\x00\xffbytes")
        assert fetch(f"{server.url}/entrez/eutils/esearch.fcgi?term=a&tool=t") == b"\x00\xffbytes"
        assert b"esearchresult" in fetch(f"{server.url}/entrez/eutils/esearch.fcgi?term=b&retmode=json")
        assert server.requests[0] == "/entrez/eutils/esearch.fcgi?term=a&tool=t"
        assert server.unsigned == server.requests


def test_fifty_requests_are_served_at_once() -> None:
    with Ncbi(demo_records(), script=lambda number, target: ncbi.slow(0.5)) as server:
        start = perf_counter()
        with ThreadPoolExecutor(50) as pool:
            answers = list(
                pool.map(lambda _: httpx.get(f"{server.url}/works/10.99999/demo.1", timeout=60), range(50))
            )
        took = perf_counter() - start
    assert {answer.status_code for answer in answers} == {200}
    assert len(server.requests) == 50
    assert took < 50 * 0.5 / 2


# The neighbours


def europe(server: Ncbi, **params: str | int) -> dict[str, Any]:
    query = {"format": "json", "resultType": "core", **params}
    answer: dict[str, Any] = httpx.get(f"{server.url}/europepmc/webservices/rest/search", params=query).json()
    return answer


def test_europe_pmc_pages_by_cursor_marks_and_finds_preprints() -> None:
    preprints = [made(pmid, types=["Preprint"], abstract={"AIM": "x"}) for pmid in range(1, 6)]
    query = (
        '(TITLE:"secretome of" OR ABSTRACT:exosome*) AND SRC:PPR AND FIRST_PDATE:[2026-01-01 TO 3000-12-31]'
    )
    with Ncbi([*preprints, made(6)]) as server:
        first = europe(server, query=query, pageSize=3, cursorMark="*")
        last = europe(server, query=query, pageSize=3, cursorMark=first["nextCursorMark"])
        lost = europe(server, query=query, cursorMark="gone")
        linked = httpx.get(first["nextPageUrl"]).json()
    ids = [one["id"] for page in (first, last) for one in page["resultList"]["result"]]
    assert ids == ["PPR5", "PPR4", "PPR3", "PPR2", "PPR1"]
    assert first["hitCount"] == 5
    assert first["resultList"]["result"][0]["abstractText"] == "<h4>AIM</h4>x"
    assert "nextCursorMark" not in last
    assert linked == last
    assert set(lost) == {"version"}


def test_europe_pmc_says_aloud_which_fields_it_does_not_know(server: Ncbi) -> None:
    query = {"format": "json", "query": "OPEN_ACCESS:y"}
    assert httpx.get(f"{server.url}/europepmc/webservices/rest/search", params=query).status_code == 501


def test_trials_page_by_tokens_last_changed_first() -> None:
    with Ncbi() as server:
        server.studies += [
            study(nct=f"NCT0000000{day}", title="MSC exosomes", updated=DAY + timedelta(days=day))
            for day in range(5)
        ]
        server.studies.append(study(nct="NCT00000009", title="Aspirin", updated=DAY))
        query = {"query.term": "exosomes AND AREA[LastUpdatePostDate]RANGE[2026-11-02,MAX]", "pageSize": "3"}
        first = httpx.get(f"{server.url}/api/v2/studies", params={**query, "countTotal": "true"}).json()
        last = httpx.get(
            f"{server.url}/api/v2/studies", params={**query, "pageToken": first["nextPageToken"]}
        ).json()
        wrong = httpx.get(f"{server.url}/api/v2/studies", params={**query, "pageToken": "gone"})
    studies = [*first["studies"], *last["studies"]]
    names = [one["protocolSection"]["identificationModule"]["nctId"] for one in studies]
    assert names == ["NCT00000004", "NCT00000003", "NCT00000002", "NCT00000001"]
    assert first["totalCount"] == 4
    assert "nextPageToken" not in last
    assert wrong.status_code == 400


def test_crossref_does_not_know_other_dois(server: Ncbi) -> None:
    assert httpx.get(f"{server.url}/works/10.1/none").status_code == 404
    work = httpx.get(f"{server.url}/works/10.99999%2Fdemo.1").json()["message"]
    assert (work["DOI"], "updated-by" in work) == ("10.99999/demo.1", False)


def test_a_feed_holds_the_newest_records_of_its_search_in_the_shape_of_pubmed(
    server: Ncbi, fetch: Callable[[str], bytes]
) -> None:
    feed = feedparser.parse(BytesIO(fetch(server.feed("exosomes[ti]"))))
    assert [entry.id for entry in feed.entries] == ["pubmed:900000003", "pubmed:900000005"]
    assert feed.entries[0].published == "Fri, 30 Oct 2026 06:00:00 -0400"
    assert feed.entries[0].dc_identifier == "doi:10.99999/demo.3"


def test_a_feed_has_the_elements_that_pubmed_sends(server: Ncbi, fetch: Callable[[str], bytes]) -> None:
    path = REAL / "rss" / "pubmed_rss_2021-11-24.xml"
    if not path.is_file():
        pytest.skip(f"the real feeds are not beside the project: {path.name}")
    theirs = etree.fromstring(path.read_bytes())
    ours = etree.fromstring(fetch(server.feed("exosomes[ti]")))
    for place in ("channel", "channel/item"):
        mine, pubmed = ours.find(place), theirs.find(place)
        assert mine is not None
        assert pubmed is not None
        assert {child.tag for child in mine} == {child.tag for child in pubmed}
