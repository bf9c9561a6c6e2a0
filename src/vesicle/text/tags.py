"""Tag lists, as records of DKIM and DMARC are written (RFC 6376, section 3.2)."""

import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def parse(text: str) -> dict[str, str] | None:
    """Give the values by the names of their tags, in small letters; None where *text* is no such list.

    White space around values does not count. A name that comes twice makes the whole list void.
    """
    found: dict[str, str] = {}
    for part in text.strip().removesuffix(";").split(";"):
        name, sign, value = part.partition("=")
        name = name.strip().lower()
        if not sign or not _NAME.fullmatch(name) or name in found:
            return None
        found[name] = value.strip()
    return found
