"""What the HTTP client decides without asking anybody."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from vesicle.model.errors import PermanentFailure
from vesicle.net.http import Http, _refuse_unsafe, _retry_after


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(contact="https://example.org", pauses=()) as client:
        yield client


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/feed",
        "http://127.0.0.1.example.org/",
        "http://localhost.example.org/",
        "http://10.0.0.1/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "feed.xml",
        "",
        "https://exa mple.org:port/",
    ],
)
def test_an_unsafe_or_unreadable_url_is_refused_unasked(http: Http, url: str) -> None:
    with pytest.raises(PermanentFailure):
        http.get(url)


def test_the_outside_cannot_redirect_to_this_machine() -> None:
    with pytest.raises(PermanentFailure, match="redirects to this machine"):
        _refuse_unsafe(httpx.URL("https://127.0.0.1/"), httpx.URL("https://example.org/"))
    with pytest.raises(PermanentFailure):
        _refuse_unsafe(httpx.URL("http://[::1]/"), httpx.URL("https://example.org/"))


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/", "http://127.0.0.1/", "http://[::1]/", "https://localhost/"]
)
def test_this_machine_may_be_asked_openly(url: str) -> None:
    _refuse_unsafe(httpx.URL(url), httpx.URL(url))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        ("Sun, 22 Nov 2026 10:01:30 GMT", timedelta(seconds=90)),
        ("Sun, 22 Nov 2026 09:00:00 GMT", timedelta(0)),
        ("-5", None),
        ("", None),
        ("tomorrow", None),
        ("Sun, 22 Nov 2026 10:01:30 -0000", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_servers_clock(
    value: str, expected: timedelta | None
) -> None:
    headers = httpx.Headers({"Retry-After": value, "Date": "Sun, 22 Nov 2026 10:00:00 GMT"})
    assert _retry_after(headers) == expected


def test_a_date_without_the_servers_own_says_nothing() -> None:
    assert _retry_after(httpx.Headers({"Retry-After": "Sun, 22 Nov 2026 10:01:30 GMT"})) is None
