from datetime import UTC, datetime

import pytest

from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.text.feeds import entry_time, read_feed

ATOM = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>A journal</title><entry><id>urn:1</id>"
    "<title>One</title><updated>2026-11-20T05:00:00Z</updated></entry></feed>"
)


def test_atom_is_read_with_its_title_and_the_time_of_its_entries() -> None:
    feed = read_feed(ATOM.encode(), name="x")
    assert feed.title == "A journal"
    assert [entry_time(entry) for entry in feed.entries] == [datetime(2026, 11, 20, 5, tzinfo=UTC)]


def test_an_entry_with_a_broken_date_has_none() -> None:
    item = "<item><pubDate>99 Foo 0000</pubDate></item>"
    (entry,) = read_feed(f"<rss version='2.0'><channel>{item}</channel></rss>".encode(), name="x").entries
    assert entry_time(entry) is None


def test_a_failure_names_the_feed_and_whether_it_may_pass() -> None:
    with pytest.raises(TemporaryFailure, match="the feed is broken or cut off"):
        read_feed(ATOM[:-9].encode(), name="the feed")
    with pytest.raises(PermanentFailure, match="the feed declares a document type"):
        read_feed(f"<!DOCTYPE feed []>{ATOM}".encode(), name="the feed")
    with pytest.raises(PermanentFailure, match="the feed is XML, but not a feed"):
        read_feed(b"<note/>", name="the feed")
