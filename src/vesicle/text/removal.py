"""Takes out of a text what must not stand in a log: addresses of people, tokens of ours, secrets.

This is the last line of defence: no line of the log is written with any of these in the first place. Names
of people cannot be told from other words, and are not found.
"""

import re
from collections.abc import Iterable

REMOVED = "[removed]"

# Whatever has something on both sides of an at sign, be it written as in a mail, in a link (%40), or with the
# full-width sign that IDNA maps to it. Rather too much is taken than too little.
_AT = r"(?:@|＠|%40)"
_OUTSIDE = r"\s<>(),;:\"\\@＠"
_ADDRESS = re.compile(
    rf"(?:\"[^\"\r\n]{{1,128}}\"|[^{_OUTSIDE}]{{1,320}}){_AT}(?:[^{_OUTSIDE}]{{1,320}}|{_AT})*"
)
# `text.tokens`: the name of the key, a subject, a seal of 24 bytes. `deliver.email.verp`: 56 of base32.
_TOKEN = re.compile(
    r"[0-9a-f]{8}\.[A-Za-z0-9_-]{1,512}\.[A-Za-z0-9_-]{32}(?![A-Za-z0-9_-])"
    r"|(?<![A-Za-z0-9])[A-Za-z2-7]{56}(?![A-Za-z0-9])"
)


def without_personal(text: str, *, secrets: Iterable[str] = ()) -> str:
    """Give *text* with `[removed]` for each mail address, token of ours, and one of *secrets*."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, REMOVED)
    text = _TOKEN.sub(REMOVED, text)
    has_sign = "@" in text or "＠" in text or "%40" in text
    return _ADDRESS.sub(REMOVED, text) if has_sign else text
