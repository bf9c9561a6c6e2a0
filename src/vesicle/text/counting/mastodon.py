"""Length as Mastodon counts it."""

import regex

from vesicle.text.counting.graphemes import graphemes
from vesicle.text.counting.links import urls_with_scheme

_URL = "x" * 23
_MOST_OF_DOMAIN = 253
_MENTION = regex.compile(
    r"(?<![=/\w])(?P<name>@[a-z0-9_]+(?:[a-z0-9_.\-]*[a-z0-9_])?)"
    r"@(?P<domain>(?:[\p{L}\p{M}\p{N}_\-]{1,63}+\.)*[\p{L}\p{M}\p{N}_\-]{1,63}+)(?![\p{L}\p{M}\p{N}_\-])",
    regex.IGNORECASE,
)


def length(text: str) -> int:
    """Count graphemes: each `http(s)://` link is 23, and of a mention `@user@server` the server is free."""
    pieces, last = [], 0
    for start, end in urls_with_scheme(text):
        pieces += [_without_servers(text[last:start]), _URL]
        last = end
    return len(graphemes("".join([*pieces, _without_servers(text[last:])])))


def _without_servers(text: str) -> str:
    return _MENTION.sub(lambda one: one["name"] if len(one["domain"]) <= _MOST_OF_DOMAIN else one[0], text)
