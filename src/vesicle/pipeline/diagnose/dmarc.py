"""DMARC of the domain that mails are from (RFC 7489)."""

from collections.abc import Iterator
from dataclasses import dataclass

from vesicle.model.checkup import Line, fault, good, warning
from vesicle.pipeline.diagnose.naming import Names
from vesicle.text import dmarc

_WHY = "large providers refuse bulk mail from a domain without DMARC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The domain that readers see, that of the envelope, and the one we sign for (empty: others sign)."""

    domain: str
    envelope: str
    signer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The nearest records to a domain, where they stand, and the highest domain that has one."""

    records: tuple[str, ...]
    place: str
    owner: str


def look(sender: Sender, names: Names) -> Iterator[Line]:
    """Yield how the record stands, and whether what we do fits it; raises OutsideError like *names*."""
    what = f"DMARC of {sender.domain}"
    found = found_for(sender.domain, names)
    if not found.records:
        mend = f'publish a TXT record at _dmarc.{sender.domain}: "v=DMARC1; p=quarantine"'
        yield fault("doctor.dmarc-missing", what, "there is no record", why=_WHY, mend=mend)
    elif len(found.records) > 1:
        text = f"there are {len(found.records)} records at _dmarc.{found.place}"
        why, mend = "receivers take several records for none", "leave one of them"
        yield fault("doctor.dmarc-several", what, text, why=why, mend=mend)
    else:
        yield from _judged(what, sender, found)


def found_for(domain: str, names: Names) -> Found:
    """Give the records that count for *domain*; raises OutsideError like *names*."""
    records: tuple[str, ...] = ()
    place = owner = domain
    for name in dmarc.places(domain):
        there = dmarc.records(names.texts(f"_dmarc.{name}"))
        owner = name if there else owner
        if there and not records:
            records, place = there, name
    return Found(records=records, place=place, owner=owner)


def _judged(what: str, sender: Sender, found: Found) -> Iterator[Line]:
    record = dmarc.parse(found.records[0])
    if record is None:
        mend = f'write at _dmarc.{found.place}: "v=DMARC1; p=quarantine"'
        text = f"the record cannot be read: {found.records[0][:80]}"
        yield fault("doctor.dmarc-unreadable", what, text, why=_WHY, mend=mend)
        return
    policy = record.policy if found.place == sender.domain else record.for_subdomains
    lines = [*_lax(what, policy), *_aligned(what, sender, record, found.owner)]
    yield from lines or [good("doctor.dmarc", what, found.records[0])]


def _lax(what: str, policy: str) -> Iterator[Line]:
    if policy == "none":
        yield warning(
            "doctor.dmarc-none",
            what,
            "its policy is `none`: mails that are forged in your name are let through",
            why="some providers want more than `none` before they show your logo or trust your name",
            mend="once your own mails pass for some weeks, write p=quarantine, and p=reject later",
        )


def _aligned(what: str, sender: Sender, record: dmarc.Dmarc, owner: str) -> Iterator[Line]:
    by_spf = dmarc.is_aligned(sender.envelope, sender.domain, owner=owner, is_strict=record.is_strict_spf)
    by_dkim = dmarc.is_aligned(sender.signer, sender.domain, owner=owner, is_strict=record.is_strict_dkim)
    if by_dkim or (by_spf and not sender.signer):
        return
    if by_spf:
        yield warning(
            "doctor.dmarc-signature",
            what,
            f"mails are signed for {sender.signer}, which may not speak for {sender.domain}",
            why="a mail that is forwarded loses SPF, and then DMARC fails",
            mend=f"sign for it: channels: email: dkim: domain: {sender.domain}",
        )
    elif sender.signer:
        yield fault(
            "doctor.dmarc-not-aligned",
            what,
            f"neither {sender.signer}, which signs, nor {sender.envelope} of the envelope may speak for it",
            why="DMARC fails for every mail, whatever SPF and DKIM say",
            mend=f"sign for it: channels: email: dkim: domain: {sender.domain}",
        )
    else:
        yield warning(
            "doctor.dmarc-unsure",
            what,
            f"{sender.envelope} of the envelope may not speak for it, and who signs is not known",
            why="unless your mail server signs for the sender's own domain, DMARC fails for every mail",
            mend=f"have it sign for {sender.domain}, or take a bounce_domain below it",
        )
