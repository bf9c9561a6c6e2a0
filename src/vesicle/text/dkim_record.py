"""The record of a DKIM key (RFC 6376, section 3.6.1)."""

from dataclasses import dataclass

from vesicle.text import tags


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimRecord:
    """A public key as receivers find it: base64 of it without white space, empty where it was revoked."""

    key: str
    algorithm: str
    is_testing: bool


def parse(text: str) -> DkimRecord | None:
    """Read the record at a selector; None where receivers can read no key from it."""
    found = tags.parse(text)
    if found is None or "p" not in found or found.get("v", "DKIM1") != "DKIM1":
        return None
    flags = {flag.strip().lower() for flag in found.get("t", "").split(":")}
    return DkimRecord(
        key="".join(found["p"].split()),
        algorithm=found.get("k", "rsa").lower(),
        is_testing="y" in flags,
    )
