from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure
from vesicle.model.paper import Cursor, Page
from vesicle.watch.feed import Options, Source

RSS = (
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/">'
    "<channel><title>J &amp;amp; Co</title>{}</channel></rss>"
)
ITEM = """<item><title>Vesicles of &lt;i&gt;Mus&lt;/i&gt;</title><link>https://journal.example/a/1</link>
<guid isPermaLink="false">entry-1</guid><description>A teaser.</description>
<dc:identifier>doi:10.1000/Abc.1</dc:identifier><dc:creator>Ann Other</dc:creator>
<prism:publicationName>Journal of made-up results</prism:publicationName>
<prism:publicationDate>2026-11-19</prism:publicationDate>
<pubDate>Fri, 20 Nov 2026 05:00:00 GMT</pubDate></item>"""
PLAIN = "<item><title>Plain</title><link>https://journal.example/a/2</link><guid>entry-2</guid></item>"
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><title type="html">One</title>'
    '<id>https://doi.org/10.1000/x</id><link href="https://journal.example/x"/>'
    "<author><name>Bea Next</name></author><updated>2026-11-20T05:00:00Z</updated></entry></feed>"
)


def read(data: str, cursor: Cursor | None = None) -> Page:
    (page,) = Source(Options(feed="feed.xml"), fetch=lambda _: data.encode()).fetch(cursor or Cursor())
    return page


def test_an_entry_becomes_a_paper_known_by_its_doi() -> None:
    page = read(RSS.format(ITEM))
    (paper,) = page.papers
    assert (paper.source, paper.id, paper.doi) == ("feed", "10.1000/abc.1", "10.1000/Abc.1")
    assert paper.url == "https://doi.org/10.1000/Abc.1"
    assert (paper.title, paper.title_html) == ("Vesicles of Mus", "Vesicles of <i>Mus</i>")
    assert paper.authors == ("Ann Other",)
    assert paper.journal == "Journal of made-up results"
    assert (paper.published, paper.year, paper.seen) == ("2026-11-19", 2026, date(2026, 11, 20))
    assert (page.found, page.cursor.position) == (1, "2026-11-20T05:00:00+00:00")


def test_the_teaser_is_never_the_abstract() -> None:
    assert read(RSS.format(ITEM)).papers[0].abstract == ()


def test_without_a_doi_an_entry_is_known_by_its_guid() -> None:
    (paper,) = read(RSS.format(PLAIN)).papers
    assert (paper.id, paper.doi, paper.url) == ("entry-2", "", "https://journal.example/a/2")
    assert (paper.journal, paper.year, paper.seen) == ("J & Co", None, None)


def test_atom_is_read_too() -> None:
    (paper,) = read(ATOM).papers
    assert (paper.id, paper.title, paper.authors, paper.seen) == (
        "10.1000/x",
        "One",
        ("Bea Next",),
        date(2026, 11, 20),
    )


@pytest.mark.parametrize(
    ("link", "doi"),
    [
        ("https://doi.org/10.1000/a(b)1", "10.1000/a(b)1"),
        ("https://journal.example/doi/full/10.1000/a.1?af=R", "10.1000/a.1"),
        ("https://journal.example/article/10-1000", ""),
    ],
)
def test_a_doi_is_found_in_a_link(link: str, doi: str) -> None:
    (paper,) = read(RSS.format(PLAIN.replace("https://journal.example/a/2", link))).papers
    assert paper.doi == doi


def test_twins_come_once_and_what_has_no_link_or_title_is_left_out() -> None:
    bare = "<item><title>Nothing else</title></item><item><link>https://journal.example/b</link></item>"
    script = "<item><title>x</title><link>javascript:alert(1)</link></item>"
    assert [paper.id for paper in read(RSS.format(ITEM + bare + script + PLAIN + ITEM)).papers] == [
        "10.1000/abc.1",
        "entry-2",
    ]


def test_an_empty_feed_is_a_quiet_day_and_keeps_the_cursor() -> None:
    page = read(RSS.format(""), Cursor(position="before"))
    assert (page.papers, page.found, page.cursor.position) == ((), 0, "before")


def test_a_feed_of_something_else_is_refused() -> None:
    with pytest.raises(PermanentFailure, match="no entry has a title and a link"):
        read(RSS.format("<item><guid>1</guid></item>"))


@pytest.mark.parametrize("data", ["", "<html>moved</html>", RSS.format(ITEM)[:-9], '{"error": "busy"}'])
def test_what_is_no_feed_this_time_may_be_one_later(data: str) -> None:
    with pytest.raises(TemporaryFailure, match=r"^feed\.xml is "):
        read(data)


PIECE = st.sampled_from(
    (
        "<title>a</title>",
        "<title type='html'>&lt;![x</title>",
        "<guid>10.1000/x</guid>",
        "<link>http://[x</link>",
        "<link href='https://x.example/'/>",
        "<pubDate>99 Foo 0000</pubDate>",
        "<dc:date>x</dc:date>",
        "<dc:creator/>",
        "<dc:identifier>doi:</dc:identifier>",
        "<prism:doi>10.1000/</prism:doi>",
        "<prism:publicationDate>0000</prism:publicationDate>",
    )
)


@given(st.lists(PIECE | st.text(max_size=5)))
def test_any_entry_raises_only_our_errors(pieces: list[str]) -> None:
    with suppress(OutsideError):
        read(RSS.format(f"<item>{''.join(pieces)}</item>"))
