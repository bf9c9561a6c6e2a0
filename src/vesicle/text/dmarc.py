"""DMARC records (RFC 7489): what receivers do with mails that only claim to be from a domain."""

from collections.abc import Iterable
from dataclasses import dataclass

from vesicle.text import tags

_POLICIES = frozenset({"none", "quarantine", "reject"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dmarc:
    """A record; *policy* is that for the domain it was found at, *for_subdomains* that for those below.

    *is_strict_dkim* and *is_strict_spf* tell whether the domain that signed, or that of the envelope, has to
    be the sender's very own.
    """

    policy: str
    for_subdomains: str
    is_strict_dkim: bool
    is_strict_spf: bool


def records(texts: Iterable[str]) -> tuple[str, ...]:
    """Give those of the TXT records at `_dmarc` that are DMARC (RFC 7489, section 6.6.3)."""
    return tuple(one for one in texts if "".join(one.partition(";")[0].split()) == "v=DMARC1")


def parse(record: str) -> Dmarc | None:
    """Read a record; None where receivers pass over it."""
    found = tags.parse(record)
    if found is None or found.get("p", "").lower() not in _POLICIES:
        return None
    policy = found["p"].lower()
    below = found.get("sp", "").lower()
    return Dmarc(
        policy=policy,
        for_subdomains=below if below in _POLICIES else policy,
        is_strict_dkim=found.get("adkim", "r").lower() == "s",
        is_strict_spf=found.get("aspf", "r").lower() == "s",
    )


def places(domain: str) -> tuple[str, ...]:
    """Give the domains at which the record of *domain* may stand: its own first, none of one label."""
    labels = domain.split(".")
    return tuple(".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))


def is_aligned(domain: str, sender: str, *, owner: str, is_strict: bool) -> bool:
    """Tell whether *domain*, which signed or sent, may speak for *sender* (RFC 7489, section 3.1).

    *owner* is the highest domain above *sender* with a record of its own, which stands for the organisation:
    no list of public suffixes is asked.
    """
    domain, sender, owner = (name.lower().rstrip(".") for name in (domain, sender, owner))
    if is_strict or not domain:
        return domain == sender
    return is_below(domain, owner) or is_below(sender, domain)


def is_below(domain: str, other: str) -> bool:
    """Tell whether *domain* is *other*, or lies below it."""
    return domain == other or domain.endswith(f".{other}")
