"""The record of the key by which a site signs its mails itself (RFC 6376)."""

from collections.abc import Iterator
from dataclasses import dataclass

from vesicle.model.checkup import Line, fault, good, unseen, warning
from vesicle.pipeline.diagnose.naming import Names
from vesicle.text import dkim_record

_WHY = "every signature of ours is invalid, and large providers refuse or hide such mails"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Where our public key has to stand, and what it is (base64)."""

    domain: str
    selector: str
    key: str
    algorithm: str

    @property
    def name(self) -> str:
        """Give the name of the record in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """Give the record as it has to be."""
        return f"v=DKIM1; k={self.algorithm}; p={self.key}"


def look(signing: Signing, names: Names) -> Iterator[Line]:
    """Yield how the record of our key stands; raises OutsideError where DNS does not answer."""
    what = f"DKIM of {signing.domain}"
    found = names.texts(signing.name)
    if len(found) == 1:
        yield _judged(what, signing, found[0])
    elif found:
        text = f"there are {len(found)} records at {signing.name}"
        mend = f"leave this one alone there: {signing.record}"
        yield fault("doctor.dkim-several", what, text, why=_WHY, mend=mend)
    else:
        mend = f"publish a TXT record there: {signing.record}"
        yield fault("doctor.dkim-missing", what, f"there is no record at {signing.name}", why=_WHY, mend=mend)


def elsewhere(domain: str) -> Line:
    """Give the line of a site whose mail server signs: nobody can list the selectors of a domain."""
    return unseen(
        "doctor.dkim",
        f"DKIM of {domain}",
        "the mail server signs, and under which name is seen in a mail alone",
        mend="write `doctor: test_address` and `mailbox`, and call `vesicle doctor --send-test`",
    )


def _judged(what: str, signing: Signing, text: str) -> Line:
    record = dkim_record.parse(text)
    mend = f"publish at {signing.name}: {signing.record}"
    if record is None:
        seen = f"no key can be read from the record at {signing.name}: {text[:80]}"
        return fault("doctor.dkim-unreadable", what, seen, why=_WHY, mend=mend)
    if not record.key:
        seen = f"the key at {signing.name} was revoked: its p= is empty"
        mend = f"sign with another selector and a new key, or {mend}"
        return fault("doctor.dkim-revoked", what, seen, why=_WHY, mend=mend)
    if (record.key, record.algorithm) != (signing.key, signing.algorithm):
        seen = f"the key at {signing.name} is not that of the private key we sign with"
        return fault("doctor.dkim-other-key", what, seen, why=_WHY, mend=mend)
    if record.is_testing:
        why = "receivers may treat our mails as if they were not signed"
        seen = f"the record at {signing.name} says t=y, that we are only trying"
        return warning("doctor.dkim-testing", what, seen, why=why, mend="take t=y out of the record")
    return good("doctor.dkim", what, f"the key at {signing.name} is ours")
