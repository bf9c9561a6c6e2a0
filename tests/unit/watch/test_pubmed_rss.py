from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure, UserError
from vesicle.model.paper import Cursor, Page
from vesicle.watch.pubmed_rss import Options, Source

RSS = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "pubmed" / "rss"

ITEM = """<item>
  <title>Vesicles in <![CDATA[<i>Mus</i>]]> &amp;amp; CO2 at p &lt; 5</title>
  <link>https://pubmed.ncbi.nlm.nih.gov/123/?utm_source=Some Reader</link>
  <description>CONCLUSIONS: a teaser.</description>
  <content:encoded><![CDATA[<div>
    <p style="color: #4aa564;">J Made Up. 2021 May-Jun;12(3):1-9. doi: 10.1000/a.1.</p>
    <p>Data: doi: 10.5061/dryad.1</p>
    <p>PMID:<a href="x">123</a> | DOI:<a href=https://doi.org/10.1000/a.1>10.1000/a.1</a></p>
    </div>]]></content:encoded>
  <guid isPermaLink="false">pubmed:123</guid>
  <pubDate>Tue, 23 Nov 2021 06:00:00 -0500</pubDate>
  <dc:creator>Ann Other</dc:creator><dc:creator>Bea Next</dc:creator>
  <dc:source>Journal of made-up results</dc:source>
  <dc:identifier>pmid:123</dc:identifier><dc:identifier>doi:10.1000/a.1</dc:identifier>
</item>"""


def feed(*items: str) -> str:
    spaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    )
    return (
        f"<?xml version='1.0' encoding='UTF-8'?><rss {spaces} version='2.0'>"
        f"<channel><title>made up</title>{''.join(items)}</channel></rss>"
    )


def read(data: bytes | str, cursor: Cursor | None = None) -> Page:
    body = data.encode() if isinstance(data, str) else data
    source = Source(Options(feed="feed.xml", records=False), fetch=lambda _: body)
    (page,) = source.fetch(cursor or Cursor())
    return page


def with_records(data: str, records: bytes) -> Page:
    """Read a feed whose papers' records are *records*."""

    def fetch(where: str) -> bytes:
        return data.encode() if where == "feed.xml" else records

    (page,) = Source(Options(feed="feed.xml", email="editor@example.org"), fetch=fetch).fetch(Cursor())
    return page


def record(pmid: str) -> str:
    return (
        f'<PubmedArticle><MedlineCitation Status="Publisher"><PMID Version="1">{pmid}</PMID><Article>'
        "<Journal><Title>J</Title></Journal><ArticleTitle>Whole</ArticleTitle>"
        "<Abstract><AbstractText>All of it.</AbstractText></Abstract>"
        "</Article></MedlineCitation></PubmedArticle>"
    )


def test_the_feed_names_papers_and_their_records_are_fetched() -> None:
    body = f"<PubmedArticleSet>{record('123')}</PubmedArticleSet>".encode()
    page = with_records(feed(ITEM, ITEM.replace("pubmed:123", "pubmed:9")), body)
    (paper,) = page.papers
    assert (paper.source, paper.id, paper.title, paper.text) == (
        "pubmed",
        "123",
        "Whole",
        "Whole\n\nAll of it.",
    )
    assert (page.found, page.missing) == (2, ("9",))
    assert page.cursor.position == "2021-11-23T11:00:00+00:00"


def test_records_that_cannot_be_had_are_a_failure_and_not_the_teaser() -> None:
    with pytest.raises(TemporaryFailure, match="NCBI"):
        with_records(feed(ITEM), b"<html>busy</html>")


def test_a_feed_without_entries_asks_for_no_record() -> None:
    assert with_records(feed(), b"never read").papers == ()


def test_fetching_records_wants_an_address_and_the_feed_alone_does_not() -> None:
    with pytest.raises(UserError, match="who asks"):
        Source(Options(feed="feed.xml"), fetch=lambda _: b"")
    Source(Options(feed="feed.xml", records=False), fetch=lambda _: b"")


def test_an_entry_becomes_a_paper() -> None:
    page = read(feed(ITEM))
    (paper,) = page.papers
    assert (paper.source, paper.id, paper.pmid) == ("pubmed_rss", "123", "123")
    assert paper.url == "https://pubmed.ncbi.nlm.nih.gov/123/"
    assert paper.title == "Vesicles in Mus & CO2 at p < 5"
    assert paper.authors == ("Ann Other", "Bea Next")
    assert paper.journal == "Journal of made-up results"
    assert paper.doi == "10.1000/a.1"
    assert (paper.published, paper.year, paper.seen) == ("2021 May-Jun", 2021, date(2021, 11, 23))
    assert page.cursor == Cursor(position="2021-11-23T11:00:00+00:00")


def test_the_teaser_is_never_the_abstract() -> None:
    assert read(feed(ITEM)).papers[0].abstract == ()


def test_the_address_that_was_set_is_the_one_fetched() -> None:
    asked: list[str] = []

    def fetch(address: str) -> bytes:
        asked.append(address)
        return feed(ITEM).encode()

    list(Source(Options(feed="https://example.org/rss", records=False), fetch=fetch).fetch(Cursor()))
    assert asked == ["https://example.org/rss"]


def test_a_doi_is_found_in_the_last_line_where_the_identifiers_end_with_another() -> None:
    item = ITEM.replace(
        "<dc:identifier>doi:10.1000/a.1</dc:identifier>", "<dc:identifier>pmc:PMC1</dc:identifier>"
    )
    assert read(feed(item)).papers[0].doi == "10.1000/a.1"


def test_the_doi_of_a_data_set_is_not_the_papers() -> None:
    item = ITEM.replace("<dc:identifier>doi:10.1000/a.1</dc:identifier>", "").replace(" | DOI:<a", " | <a")
    assert read(feed(item)).papers[0].doi == ""


def test_entries_without_a_pmid_are_left_out_and_twins_come_once() -> None:
    other = ITEM.replace("pubmed:123", "https://example.org/advert")
    assert [
        paper.id for paper in read(feed(other, ITEM, ITEM, ITEM.replace("pubmed:123", "pubmed:9"))).papers
    ] == [
        "123",
        "9",
    ]


def test_an_entry_with_nothing_but_a_pmid_is_a_paper() -> None:
    (paper,) = read(feed("<item><guid>pubmed:7</guid></item>")).papers
    assert paper.title == "(PMID 7, without a title)"
    assert (paper.published, paper.year, paper.seen, paper.authors) == ("", None, None, ())


def test_a_feed_without_entries_is_a_quiet_day_and_keeps_the_cursor() -> None:
    assert read(feed(), Cursor(position="before")) == Page(
        papers=(), cursor=Cursor(position="before"), found=0, query="feed.xml"
    )


@pytest.mark.parametrize(
    "data",
    [
        "",
        " \n",
        feed(ITEM)[:-40],
        "<!DOCTYPE html><html><body>WWW Error 500 Diagnostic</body></html>",
        "<html><body>moved</body></html>",
        '{"error":"API rate limit exceeded"}',
        "api key = 3",
        feed(ITEM).encode("utf-16"),
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_feed_this_time_may_be_one_later(data: bytes | str) -> None:
    with pytest.raises(TemporaryFailure, match=r"^feed\.xml is "):
        read(data)


def test_another_feed_is_refused_rather_than_found_quiet() -> None:
    with pytest.raises(PermanentFailure, match="no entry has a PMID"):
        read(feed(ITEM.replace("pubmed:123", "https://example.org/1")))


def test_xml_that_is_no_feed_is_refused() -> None:
    with pytest.raises(PermanentFailure, match="not a feed"):
        read("<note>hello</note>")


def test_entities_are_refused_before_they_grow() -> None:
    bomb = "<!DOCTYPE rss [<!ENTITY a 'ha'>" + "".join(
        f"<!ENTITY {name} '{f'&{before};' * 10}'>"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(PermanentFailure, match="document type"):
        read(feed(ITEM.replace("a teaser", "&i;")).replace("<rss", f"{bomb}]><rss", 1))


def test_the_declared_encoding_cannot_hide_a_document_type() -> None:
    hidden = "<?xml version='1.0' encoding='utf-7'?>+ADwAIQ-DOCTYPE rss+AD4-" + feed(ITEM).partition("?>")[2]
    with pytest.raises(OutsideError):
        read(hidden)


def test_a_name_of_a_file_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(feed(ITEM), encoding="utf-8")
    with pytest.raises(TemporaryFailure):
        read(str(path))


@settings(deadline=None)
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_raise_only_our_errors(data: bytes) -> None:
    with suppress(OutsideError):
        read(data)


PIECE = st.sampled_from(
    (
        "<item>",
        "</item>",
        "<title>a</title>",
        "<title type='html'>&lt;![x",
        "<guid>pubmed:1</guid>",
        "<pubDate>99 Foo 0000</pubDate>",
        "<pubDate>Fri, 05 Nov 9999 06:00:00 -0400</pubDate>",
        "<dc:date>x</dc:date>",
        "<dc:creator/>",
        "<dc:identifier>doi:</dc:identifier>",
        "<content:encoded>&lt;![CDATA[&lt;!x &lt;a&gt;</content:encoded>",
        "<link>http://[x</link>",
        "<description><p xmlns='http://www.w3.org/1999/xhtml'>x</p></description>",
        "<enclosure url='x' length='y'/>",
    )
)


@settings(deadline=None)
@given(st.lists(PIECE | st.text(max_size=5)))
def test_any_entry_raises_only_our_errors(pieces: list[str]) -> None:
    inside = "".join(piece for piece in pieces if piece not in ("<item>", "</item>"))
    for text in (feed("".join(pieces)), feed(f"<item>{inside}</item>")):
        with suppress(OutsideError):
            read(text)


@pytest.mark.skipif(not RSS.exists(), reason="the real feeds are not on this machine")
def test_real_feeds_are_read_whole() -> None:
    pages = {path.stem[-10:]: read(path.read_bytes()) for path in RSS.glob("*.xml")}
    assert len(pages) >= 3
    assert {len(page.papers) for page in pages.values()} == {15}
    assert all(
        paper.doi and paper.authors and paper.journal for page in pages.values() for paper in page.papers
    )
    assert all(paper.year == 2021 for page in pages.values() for paper in page.papers)
    ids = [{paper.id for paper in pages[day].papers} for day in ("2021-11-23", "2021-11-24")]
    assert len(ids[0] & ids[1]) == 13


@pytest.mark.skipif(not RSS.exists(), reason="the real feeds are not on this machine")
def test_of_two_days_feeds_the_second_brings_exactly_two_new_papers() -> None:
    first, second = (
        read((RSS / f"pubmed_rss_{day}.xml").read_bytes()) for day in ("2021-11-23", "2021-11-24")
    )
    new = {paper.pmid for paper in second.papers} - {paper.pmid for paper in first.papers}
    assert len(new) == 2
    assert second.cursor.position > first.cursor.position
