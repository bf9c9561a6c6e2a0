"""Names of the AT Protocol, which Bluesky runs on: what is a valid one, and how a new one is made.

Rules: atproto.com/specs (tid, record-key, at-uri-scheme, did, handle, nsid, lexicon) as the test files of
bluesky-social/atproto-interop-tests have them (2026-07-01).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_LAST_LABEL = r"[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"

# Thirteen digits hold 65 bits, one more than there are.
_TID = re.compile(rf"[{_DIGITS[:16]}][{_DIGITS}]{{12}}")
_RECORD_KEY = re.compile(r"(?!\.{1,2}$)[a-zA-Z0-9_~.:-]{1,512}")
_DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")
_HANDLE = re.compile(rf"(?:{_LABEL}\.)+{_LAST_LABEL}")
_NSID = re.compile(rf"{_LAST_LABEL}(?:\.{_LABEL})+\.[a-zA-Z][a-zA-Z0-9]{{0,62}}")
_DATETIME = re.compile(
    r"(?P<year>[0-9]{4})(?P<rest>-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,20})?"
    r"(?P<zone>Z|(?!-00:00)[+-][0-9]{2}:[0-9]{2})"
)
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(?:-[A-Za-z]{3}){0,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*)"
    r"(?P<extensions>(?:-[0-9A-WYZa-wyz](?:-[A-Za-z0-9]{2,8})+)*)(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?"
    r"|[xX](?:-[A-Za-z0-9]{1,8})+"
)
# RFC 5646 section 2.1, "irregular": registered before there were rules.
_OLD_LANGUAGES = re.compile(
    r"en-GB-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|sgn-(?:BE-FR|BE-NL|CH-DE)"
)
_YEARS_OF_CALENDAR = 400
_MOST_OF_DID, _MOST_OF_HANDLE, _MOST_OF_NSID = 2048, 253, 317


@dataclass(frozen=True, slots=True, kw_only=True)
class AtUri:
    """An `at://` address: a DID or handle, and where it names more, a collection and a record key in it."""

    authority: str
    collection: str = ""
    rkey: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take *text* apart; raises ValueError where it is no address; one with a fragment is none."""
        scheme, _, rest = text.partition("://")
        authority, *path = rest.split("/")
        collection, rkey = [*path, "", ""][:2]
        is_valid = (
            scheme == "at"
            and len(path) <= 2
            and (is_did(authority) or is_handle(authority))
            and (not path or _is_nsid(collection))
            and (len(path) < 2 or is_record_key(rkey))
        )
        if not is_valid:
            raise ValueError(f"not an address of the AT Protocol: {text[:200]!r}")
        return cls(authority=authority, collection=collection, rkey=rkey)

    def __str__(self) -> str:
        return "/".join(["at:/", *filter(None, (self.authority, self.collection, self.rkey))])


def tid(moment_microseconds: int, clock_id: int) -> str:
    """Make the record key of a moment, in microseconds since 1970, on one of 1024 clocks.

    Keys sort as their moments do. Raises ValueError where either number does not go in.
    """
    if not 0 <= moment_microseconds < 2**53 or not 0 <= clock_id < 2**10:
        raise ValueError(f"no key for moment {moment_microseconds} on clock {clock_id}")
    number = moment_microseconds << 10 | clock_id
    return "".join(_DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def is_tid(text: str) -> bool:
    """Tell whether *text* has the form of a key that `tid` makes."""
    return _TID.fullmatch(text) is not None


def is_record_key(text: str) -> bool:
    """Tell whether *text* can be the key of a record."""
    return _RECORD_KEY.fullmatch(text) is not None


def is_at_uri(text: str) -> bool:
    """Tell whether *text* is an `at://` address as `AtUri.parse` takes it."""
    try:
        AtUri.parse(text)
    except ValueError:
        return False
    return True


def is_did(text: str) -> bool:
    """Tell whether *text* has the form of a DID, of any method."""
    return len(text) <= _MOST_OF_DID and _DID.fullmatch(text) is not None


def is_handle(text: str) -> bool:
    """Tell whether *text* has the form of a handle; handles that resolve nowhere, as `.test`, have it too."""
    return len(text) <= _MOST_OF_HANDLE and _HANDLE.fullmatch(text) is not None


def is_datetime(text: str) -> bool:
    """Tell whether *text* is a moment as records have it: with seconds and a zone, and not before year 0."""
    match = _DATETIME.fullmatch(text)
    if match is None:
        return False
    # The calendar repeats after 400 years, and Python's has no year 0.
    year = int(match["year"])
    moved = year + _YEARS_OF_CALENDAR if year < _YEARS_OF_CALENDAR else year
    zone = match["zone"].replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{moved:04}{match['rest']}{zone}")
    except ValueError:
        return False
    return moved == year or moment >= datetime(_YEARS_OF_CALENDAR, 1, 1, tzinfo=UTC)


def is_language(text: str) -> bool:
    """Tell whether *text* is a language tag (RFC 5646): well formed, no variant or extension in it twice."""
    if _OLD_LANGUAGES.fullmatch(text):
        return True
    match = _LANGUAGE.fullmatch(text)
    if match is None:
        return False
    variants = (match["variants"] or "").lower().split("-")[1:]
    extensions = re.findall(r"-([0-9a-wyz])(?=-)", (match["extensions"] or "").lower())
    return all(len(set(one)) == len(one) for one in (variants, extensions))


def _is_nsid(text: str) -> bool:
    return len(text) <= _MOST_OF_NSID and _NSID.fullmatch(text) is not None
