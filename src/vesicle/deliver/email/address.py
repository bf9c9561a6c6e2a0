"""Where a mail goes: an address as SMTP wants it."""

import re
from dataclasses import dataclass

# What may stand before the "@" without quotes (RFC 5322 atext and the full stop); RFC 6531 adds the rest
# of Unicode. Some providers give out addresses with two full stops in a row: they are let through.
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-\u00a1-\ud7ff\uf900-\U0003fffd]{1,64}")
_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
# IDNA 2008 keeps these and the standard library's IDNA 2003 does not: the mail would go to another domain.
_DEVIANT = re.compile("[ßς\u200c\u200d]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An address that can be put into an SMTP command; its domain is ASCII."""

    address: str

    @property
    def needs_utf8(self) -> bool:
        """Tell whether the server has to offer SMTPUTF8 (RFC 6531)."""
        return not self.address.isascii()

    @property
    def domain(self) -> str:
        """Give what stands after the `@`."""
        return self.address.rpartition("@")[2]


def route(address: str) -> Route | str:
    """Give the route to *address*, or the reason why no mail can go there."""
    local, at, domain = address.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or not local.isprintable():
        return "the address is not one that mail can be sent to"
    if _DEVIANT.search(domain):
        return "the domain of the address has a letter that mail programs read differently; write it as xn--…"
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return "the domain of the address cannot be written in ASCII (IDNA)"
    if not _DOMAIN.fullmatch(ascii_domain) or len(ascii_domain) > 253:
        return "the domain of the address is not a domain"
    return Route(address=f"{local}@{ascii_domain}")
