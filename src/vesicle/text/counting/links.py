"""Where a text has what X takes for a link: the rules of twitter-text, in our own words.

Source: the conformance data of twitter/twitter-text (extract.yml, 2021-10-21) and its configuration v3.
"""

from collections.abc import Iterator
from functools import cache

import regex

from vesicle.text.counting.tlds import tlds

_MOST = 4096
_MOST_OF_LABEL = 63
_MOST_OF_SLUG = 40
_MOST_LABELS = 32  # before the last two; no domain has more, and a text of dots alone costs less

_DIRECTION = r"\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069"
_INVALID = r"\uFEFF\uFFFE\uFFFF"
_BLANK = r"\t-\r\x20\x85\xA0\u1680\u180E\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
# What a domain is made of: all but ASCII's punctuation, blanks and marks of direction.
_OUTSIDE_DOMAIN = rf"!-,./:-@\[-\^`{{-~_\-{_BLANK}{_INVALID}{_DIRECTION}"
_LATIN = r"À-ÖØ-öø-ɏɓɔɖɗəɛɣɨɯɲʉʋʻ\u0300-\u036F\u1E00-\u1EFF"
_LETTERS = rf"a-z0-9Ѐ-ӿ{_LATIN}"
_ANY_LETTERS = r"a-z0-9\p{L}\p{M}\p{N}"
_QUERY = r"(?:\?[a-z0-9!?*'@();:&=+$/%\#\[\]\-_.,~|]*[a-z0-9\-_&=\#/])?"
_NO_BARE_LINK_AFTER = frozenset("-_./")


def urls(text: str) -> list[tuple[int, int]]:
    """Give where each link of *text* starts and ends, with `http(s)://` or a bare domain."""
    return [span for match in _pattern(_LETTERS).finditer(text) for span in _spans(match)]


def urls_with_scheme(text: str) -> list[tuple[int, int]]:
    """Give where each `http(s)://` link of *text* stands; its path has letters of any script (Mastodon)."""
    return [
        span for match in _pattern(_ANY_LETTERS).finditer(text) if match["scheme"] for span in _spans(match)
    ]


# Lists, which are compiled at no cost: an alternation of the names takes a quarter of a second. The questions
# before them are cheap, and save trying each length of a name at every dot of a text.
_ENDING = r"(?:(?=[^.]{2})(?=\L<starts>)\L<tlds>(?=[^0-9a-z@+\-]|$)|xn--[0-9a-z\-]+)"


@cache
def _starts() -> frozenset[str]:
    return frozenset(name[:2] for name in tlds())


@cache
def _pattern(letters: str) -> regex.Pattern[str]:
    label = rf"[^{_OUTSIDE_DOMAIN}]"
    path = rf"[{letters}!*';:=+,.$/%#\[\]\-\u2013_~@|&]"
    brackets = rf"\((?:{path}++|{path}*+\({path}++\){path}*+)\)"
    return regex.compile(
        rf"""
        (?:^|[^A-Za-z0-9@＠$\#＃{_INVALID}])            # what may stand before it
        (?P<url>
          (?P<scheme>https?://)?
          (?P<domain>
            (?:{label}(?:{label}|[_\-])*+(?<![_\-])\.){{0,{_MOST_LABELS}}}
            {label}(?:{label}|-)*+(?<!-)\.
            {_ENDING}
          )
          (?::[0-9]+)?
          (?P<path>/(?:(?:{path}|{brackets})*(?:[{letters}+\-=_\#/]|{brackets}))?)?
          {_QUERY}
        )
        """,
        regex.VERBOSE | regex.IGNORECASE,
        tlds=tlds(),
        starts=_starts(),
    )


@cache
def _short_link() -> regex.Pattern[str]:
    return regex.compile(rf"https?://t\.co/(?P<slug>[a-z0-9]+){_QUERY}", regex.IGNORECASE)


@cache
def _plain_domain() -> regex.Pattern[str]:
    return regex.compile(
        rf"(?:[a-z0-9\-{_LATIN}]++\.)+{_ENDING}", regex.IGNORECASE, tlds=tlds(), starts=_starts()
    )


def _spans(match: regex.Match[str]) -> Iterator[tuple[int, int]]:
    if not _can_be_asked_for(match):
        return
    if not match["scheme"]:
        yield from _bare(match)
        return
    start, end = match.span("url")
    short = _short_link().match(match["url"])
    if short is None:
        yield start, end
    elif len(short["slug"]) <= _MOST_OF_SLUG:
        # Nothing but a query follows the slug of a t.co link.
        yield start, start + short.end()


def _bare(match: regex.Match[str]) -> Iterator[tuple[int, int]]:
    """Give the domains in a run without a scheme: letters around them that are not Latin are text."""
    before = match.string[match.start() : match.start("url")]
    if before in _NO_BARE_LINK_AFTER:
        return
    found = [plain.span() for plain in _plain_domain().finditer(match["domain"])]
    start = match.start("domain")
    for number, (first, last) in enumerate(found, start=1):
        has_path = number == len(found) and match["path"]
        yield start + first, match.end("url") if has_path else start + last


def _can_be_asked_for(match: regex.Match[str]) -> bool:
    """Tell whether the domain, in ASCII (RFC 3492), and with it the link are short enough to be one."""
    labels = match["domain"].split(".")
    if labels[0].lower().startswith("xn--") and not match["domain"].isascii():
        return False
    written = [label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels]
    longer = sum(map(len, written)) - sum(map(len, labels))
    return max(map(len, written)) <= _MOST_OF_LABEL and len(match["url"]) + longer <= _MOST
