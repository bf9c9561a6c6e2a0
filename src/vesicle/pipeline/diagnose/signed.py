"""A mail that was sent, as it arrived: its signatures, and whom they speak for."""

from collections.abc import Iterator, Sequence

from vesicle.model.checkup import Line, away, fault, good, unseen
from vesicle.model.errors import OutsideError, PermanentFailure
from vesicle.model.signature import Signature
from vesicle.pipeline.diagnose.dmarc import found_for
from vesicle.pipeline.diagnose.naming import Names
from vesicle.text import dmarc

_WHAT = "signed mail"
_LEAVING = ("list-unsubscribe", "list-unsubscribe-post")
_WHY = "large providers refuse or hide bulk mail without a valid signature of the sender's domain"


def not_set() -> Line:
    """Give the line of a site that names no mailbox to look into."""
    mend = "write `doctor: test_address` and `mailbox`, and call `vesicle doctor --send-test`"
    return unseen("doctor.signed", _WHAT, "no signed mail was looked at: no test mailbox is set", mend=mend)


def not_asked() -> Line:
    """Give the line of a site that was not asked to send one."""
    return unseen(
        "doctor.signed", _WHAT, "no signed mail was looked at", mend="call `vesicle doctor --send-test`"
    )


def not_verified() -> Line:
    """Give the line of a site that has nothing to verify signatures with."""
    mend = "install it with: pip install 'vesicle[doctor]'"
    return unseen("doctor.signed", _WHAT, "dkimpy is not installed, which verifies signatures", mend=mend)


def not_sent(error: OutsideError) -> Line:
    """Give the line of a mail that the mail server did not take."""
    make = fault if isinstance(error, PermanentFailure) else away
    mend = "see what the mail server says; some take mails from addresses alone that were set up with them"
    why = "readers do not get theirs either"
    return make("doctor.signed-unsent", _WHAT, str(error), why=why, mend=mend)


def not_arrived(mailbox: str, seconds: int) -> Line:
    """Give the line of a mail that was sent and did not come."""
    return away(
        "doctor.signed-lost",
        _WHAT,
        f"a mail was sent, and did not arrive in {mailbox} within {seconds} s",
        why="readers may not get theirs either",
        mend="look into its folder for spam; keep `vesicle run` away from it by `enabled: false`",
    )


def look(signatures: Sequence[Signature], sender: str, names: Names) -> Iterator[Line]:
    """Yield whether one of *signatures* is valid, speaks for *sender*'s domain and covers how to leave."""
    valid = [one for one in signatures if one.is_valid]
    speaking = [one for one in valid if _speaks(one, sender, names)]
    covering = [one for one in speaking if one.covers.issuperset(_LEAVING)]
    if covering:
        text = f"signed for {covering[0].domain} by {covering[0].selector}, the headers to leave by among it"
        yield good("doctor.signed", _WHAT, text)
    elif speaking:
        yield fault(
            "doctor.signed-leaving",
            _WHAT,
            f"the signature for {speaking[0].domain} leaves out List-Unsubscribe or List-Unsubscribe-Post",
            why="then leaving with one click does not count for large providers (RFC 8058, section 4)",
            mend="have your mail server sign both headers (OpenDKIM: `OverSignHeaders`), or set `dkim`",
        )
    else:
        yield _unsigned(signatures, valid, sender)


def _unsigned(signatures: Sequence[Signature], valid: Sequence[Signature], sender: str) -> Line:
    if valid:
        text = f"it is signed for {valid[0].domain} alone, which may not speak for {sender}"
        mend = f"have it signed for {sender}: your mail provider calls that to verify your domain"
        return fault("doctor.signed-other", _WHAT, text, why=_WHY, mend=mend)
    if signatures:
        first = signatures[0]
        text = f"its signature for {first.domain} by {first.selector} is not valid"
        mend = f"compare the record at {first.selector}._domainkey.{first.domain} with the key that signs"
        return fault("doctor.signed-invalid", _WHAT, text, why=_WHY, mend=mend)
    mend = "let your mail server sign, or sign here: `channels: email: dkim`"
    return fault("doctor.signed-not", _WHAT, "it arrived without a signature", why=_WHY, mend=mend)


def _speaks(signature: Signature, sender: str, names: Names) -> bool:
    found = found_for(sender, names)
    record = dmarc.parse(found.records[0]) if found.records else None
    is_strict = bool(record and record.is_strict_dkim)
    return dmarc.is_aligned(signature.domain, sender, owner=found.owner, is_strict=is_strict)
