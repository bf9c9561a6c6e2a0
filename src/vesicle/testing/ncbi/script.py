"""What a server can be told to do wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vesicle.testing.ncbi.replies import HTML, JSON, XML, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Twist:
    """A change to one answer: another *reply*, a delay of *wait* seconds, only half of the body."""

    reply: Reply | None = None
    wait: float = 0.0
    is_cut: bool = False


Script = Callable[[int, str], Twist | None]
"""Decide what goes wrong: the number of the request (from 1), its path and query; None for nothing."""

_PAGE = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1>{1}</body></html>\n"
_RATE = '{{"error":"API rate limit exceeded","api-key":"{}","count":"{}","limit":"{}"}}\n'


def page(title: str, *, status: int = 200, text: str = "") -> Reply:
    """Give an HTML page."""
    return Reply(body=_PAGE.format(title, text).encode(), media_type=HTML, status=status)


def rate_exceeded(who: str, *, count: int = 4, limit: int = 3, status: int = 429) -> Reply:
    """Give the answer to too many requests; *who* is the key or the address that asked."""
    return Reply(body=_RATE.format(who, count, limit).encode(), media_type=JSON, status=status)


SERVER_ERROR = Twist(
    reply=page("WWW Error 500 Diagnostic", status=500, text="<p>Error: 500 Internal Server Error</p>")
)
"""The page that NCBI shows when its back end is down."""
WEB_PAGE = Twist(reply=page("NCBI - WWW Error Blocked Diagnostic"))
"""A page for people, with the status of success."""
TOO_MANY = Twist(reply=rate_exceeded("203.0.113.7"))
"""The rate limit, whatever the rate was."""
HIDDEN_TOO_MANY = Twist(reply=rate_exceeded("203.0.113.7", status=200))
"""The rate limit with the status of success."""
XML_ERROR = Twist(
    reply=Reply(
        body=b'<?xml version="1.0" encoding="UTF-8" ?>\n'
        b"<eFetchResult>\n\t<ERROR>Error occurred: cannot get document summary</ERROR>\n</eFetchResult>\n",
        media_type=XML,
    )
)
"""An error as XML, with the status of success."""
CUT = Twist(is_cut=True)
"""The connection ends in the middle of the body."""


def slow(seconds: float) -> Twist:
    """Give the true answer, late."""
    return Twist(wait=seconds)


def on_request(twists: Mapping[int, Twist]) -> Script:
    """Give the script that twists the requests with these numbers (from 1)."""

    def script(number: int, target: str) -> Twist | None:
        return twists.get(number)

    return script
