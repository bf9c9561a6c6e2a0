"""A signature of a mail that arrived."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A DKIM signature (RFC 6376): who signed, which headers it *covers* (small letters), if it holds."""

    domain: str
    selector: str
    covers: frozenset[str]
    is_valid: bool
