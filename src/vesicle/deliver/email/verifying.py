"""Verifies the signatures of a mail as a receiver does; needs `dkimpy`, which the extra `doctor` installs."""

import re
from collections.abc import Callable, Iterator

import dkim

from vesicle.model.signature import Signature
from vesicle.text import tags

_FIELD = re.compile(rb"^DKIM-Signature:(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_MOST = 10


def signatures(mail: bytes, texts: Callable[[str], tuple[str, ...]]) -> Iterator[Signature]:
    """Yield the signatures of *mail*, the first ten of them; *texts* gives TXT records and may raise."""
    head = re.split(rb"\r?\n\r?\n", mail, maxsplit=1)[0]
    for number, field in enumerate(_FIELD.findall(head)[:_MOST]):
        found = tags.parse(" ".join(field.decode("utf-8", "replace").split())) or {}
        yield Signature(
            domain=found.get("d", "").lower(),
            selector=found.get("s", ""),
            covers=frozenset(name.strip().lower() for name in found.get("h", "").split(":")),
            is_valid=_is_valid(mail, number, texts),
        )


def _is_valid(mail: bytes, number: int, texts: Callable[[str], tuple[str, ...]]) -> bool:
    def ask(name: bytes, timeout: float = 0) -> bytes:
        return "".join(texts(name.decode("ascii", "replace"))[:1]).encode()

    try:
        return bool(dkim.DKIM(mail).verify(idx=number, dnsfunc=ask))
    except (dkim.DKIMException, ValueError):
        return False
