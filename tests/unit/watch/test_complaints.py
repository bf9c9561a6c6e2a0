"""What users of other PubMed clients complain of most, each a test under the number of its complaint."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.model.paper import Cursor, Page
from vesicle.net.eutils import WINDOW, Eutils
from vesicle.net.slots import Slots
from vesicle.watch import europepmc, pubmed, pubmed_rss

TODAY = date(2026, 11, 22)
KEY = "0123456789abcdef0123456789abcdef0123"


def asked(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def searched(count: int, ids: list[str]) -> bytes:
    return json.dumps({"esearchresult": {"count": str(count), "idlist": ids}}).encode()


def records(*pmids: str) -> bytes:
    articles = (
        f'<PubmedArticle><MedlineCitation Status="Publisher"><PMID Version="1">{pmid}</PMID><Article>'
        f"<Journal/><ArticleTitle>Paper {pmid}</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
        for pmid in pmids
    )
    return f"<PubmedArticleSet>{''.join(articles)}</PubmedArticleSet>".encode()


def run(fetch: Callable[[str], bytes], *, api_key: str = "") -> list[Page]:
    options = pubmed.Options(query="exosome", email="editor@example.org", api_key=api_key)
    return list(pubmed.Source(options, fetch=fetch, today=lambda: TODAY).fetch(Cursor()))


def test_complaint_3_the_wall_at_9999_is_never_silent() -> None:
    """A search that is cut at the wall is either split, or fails; it is never taken for the whole."""
    reach: list[int] = []

    def fetch(url: str) -> bytes:
        size = int(asked(url)["retmax"])
        reach.append(int(asked(url)["retstart"]) + size)
        return searched(150_000, [str(number) for number in range(1, size + 1)])

    with pytest.raises(PermanentFailure, match="more than 9,999 records"):
        run(fetch)
    assert max(reach) == WINDOW


def test_complaint_4_an_error_reply_that_is_not_valid_json_is_read() -> None:
    error = "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998."
    body = f'{{"esearchresult":{{"ERROR":"{error}"}}}}'.encode()
    with pytest.raises(PermanentFailure, match="'retstart' cannot be larger than 9998"):
        run(lambda _: body)


def test_complaint_5_the_rate_limit_under_status_200_is_temporary_and_tells_no_secret() -> None:
    body = json.dumps(
        {"error": "API rate limit exceeded", "api-key": KEY, "count": "11", "limit": "10"}
    ).encode()
    with pytest.raises(TemporaryFailure, match="more often") as failure:
        run(lambda _: body, api_key=KEY)
    assert KEY not in str(failure.value)


def test_complaint_5_a_wrong_key_is_told_apart_from_a_wrong_pmid() -> None:
    body = json.dumps({"error": "API key invalid", "api-key": KEY}).encode()
    with pytest.raises(PermanentFailure, match="does not accept the API key"):
        run(lambda _: body, api_key=KEY)


def test_complaint_5_clients_side_by_side_keep_one_rate(tmp_path: Path) -> None:
    now = [1000.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    taken: list[float] = []

    def fetch(_: str) -> bytes:
        taken.append(now[0])
        return searched(0, [])

    def client() -> Eutils:
        slots = Slots(tmp_path, per_second=3, clock=lambda: now[0], wait=wait)

        def paced(url: str) -> bytes:
            slots.take()
            return fetch(url)

        return Eutils(fetch=paced, base="https://e.example", tool="vesicle", email="editor@example.org")

    clients = [client() for _ in range(4)]
    for each in clients * 3:
        each.search("x", start=0, size=1)
    assert max(sum(start <= time < start + 1 for time in taken) for start in taken) == 3


def test_complaint_7_records_that_do_not_come_are_named() -> None:
    (page,) = run(lambda url: searched(3, ["1", "2", "3"]) if "esearch" in url else records("1", "3"))
    assert (page.found, len(page.papers), page.missing) == (3, 2, ("2",))


def test_complaint_7_a_search_that_names_fewer_than_it_counts_is_a_failure() -> None:
    with pytest.raises(TemporaryFailure, match="counted 3 records and named 2 where 3 are due"):
        run(lambda _: searched(3, ["1", "2"]))


def test_complaint_7_the_last_preprint_is_not_lost() -> None:
    replies = {
        "*": {
            "hitCount": 101,
            "nextCursorMark": "m",
            "resultList": {"result": [{"id": f"PPR{n}"} for n in range(100)]},
        },
        "m": {"hitCount": 101, "resultList": {"result": [{"id": "PPR100"}]}},
    }
    source = europepmc.Source(
        europepmc.Options(query="exosome"),
        fetch=lambda url: json.dumps(replies[asked(url)["cursorMark"]]).encode(),
        today=lambda: TODAY,
    )
    assert sum(len(page.papers) for page in source.fetch(Cursor())) == 101


def test_complaint_10_a_feeds_teaser_is_not_stored_as_the_abstract() -> None:
    feed = (
        b"<rss version='2.0'><channel><item><guid>pubmed:1</guid><title>One</title>"
        b"<description>CONCLUSIONS: cut off ...</description></item></channel></rss>"
    )
    alone = pubmed_rss.Options(feed="feed.xml", records=False)
    (page,) = pubmed_rss.Source(alone, fetch=lambda _: feed).fetch(Cursor())
    assert page.papers[0].abstract == ()
    whole = pubmed_rss.Options(feed="feed.xml", email="editor@example.org")
    source = pubmed_rss.Source(whole, fetch=lambda where: feed if where == "feed.xml" else records("1"))
    assert [paper.source for page in source.fetch(Cursor()) for paper in page.papers] == ["pubmed"]


@pytest.mark.parametrize("body", [b"", b"<html>sign in</html>", b"<rss version='2.0'><channel>"])
def test_complaint_10_a_feed_that_cannot_be_read_is_a_named_failure(body: bytes) -> None:
    options = pubmed_rss.Options(feed="feed.xml", records=False)
    with pytest.raises(TemporaryFailure, match=r"^feed\.xml is "):
        list(pubmed_rss.Source(options, fetch=lambda _: body).fetch(Cursor()))
