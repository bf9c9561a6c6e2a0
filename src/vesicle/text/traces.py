"""By what a thing that comes back is known: our tokens in addresses, Message-IDs, ids, reasons in one line.

A token stands behind a `+` in an address of ours (`deliver/email/verp.py`): 56 small letters and digits of
base32. Whether our key made it is seen by whoever has the key.
"""

import re
from collections.abc import Iterator
from hashlib import sha256

_TOKEN = re.compile(r"[A-Za-z2-7]{56}")
# A forwarder may put something before it: SRS0=…=b+TOKEN@…, prvs=…=b+TOKEN@….
_ADDRESS = re.compile(r"(?<![A-Za-z0-9._-])([A-Za-z0-9._-]{1,20})\+([A-Za-z2-7]{56})@")
_ID = re.compile(r"<([^<>\s]{1,900})>")
_BOUNCE = "b"
_BETWEEN = re.compile(r"[\s<>,;:\"()\[\]]+")
_LONGEST_REASON = 300
_LONGEST_ADDRESS = 320


def bounce_token(text: str) -> str:
    """Give the first token in *text* that stands behind `b+`, in small letters; empty without one."""
    return next((token for local, token in _tokens(text) if local == _BOUNCE), "")


def leave_token(text: str) -> str:
    """Give the first token in *text* that stands behind another `+` than `b+`; empty without one."""
    return next((token for local, token in _tokens(text) if local != _BOUNCE), "")


def any_token(*texts: str) -> str:
    """Give a token of *texts*: the first of an envelope sender, else the first of another address."""
    return next(
        (found for find in (bounce_token, leave_token) for text in texts if (found := find(text))), ""
    )


def envelope_token(text: str) -> str:
    """Give the token that *text* is (an ENVID, RFC 3461), in small letters; empty where it is none."""
    return text.strip().lower() if _TOKEN.fullmatch(text.strip()) else ""


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for found in _ADDRESS.finditer(text):
        yield found[1].lower(), found[2].lower()


def message_id(text: str) -> str:
    """Give the first Message-ID of *text* without its brackets; a bare one counts where it has an `@`."""
    found = _ID.search(text)
    bare = text.strip()
    is_bare = "@" in bare and len(bare) <= 900 and not re.search(r"[\s<>]", bare)
    id_ = found[1] if found else bare * is_bare
    return id_ if id_.isprintable() else ""


def address(text: str) -> str:
    """Give the first thing in *text* that may be an address, without brackets; empty without one."""
    words = (word.strip("'.") for word in _BETWEEN.split(text[:2000]))
    return next((word for word in words if 0 < word.find("@") < len(word) - 1 and word.isprintable()), "")[
        :_LONGEST_ADDRESS
    ]


def event_id(*parts: str) -> str:
    """Give an id of 32 hexadecimal digits for whatever *parts* name together."""
    # The lengths keep "a" + "bc" and "ab" + "c" apart.
    told = "".join(f"{len(part)}:{part}" for part in parts)
    return sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def reason(*parts: str) -> str:
    """Give *parts* that are not empty as one line of at most 300 characters, without control characters."""
    line = " ".join(" ".join(part[:2000].split()) for part in parts if part)
    shown = "".join(letter for letter in line if letter.isprintable())
    return shown if len(shown) <= _LONGEST_REASON else shown[: _LONGEST_REASON - 1] + "…"
