"""Whether a domain can be written to: MX, A and AAAA (RFC 5321, section 5.1)."""

from collections.abc import Iterator

from vesicle.model.checkup import Line, fault, good
from vesicle.pipeline.diagnose.naming import Names

_REFUSED = "receivers refuse mails from a domain that nobody could answer to"
_LOST = "mails that come back are lost, and dead addresses are written to for ever"


def look(domain: str, names: Names, *, takes_bounces: bool = False) -> Iterator[Line]:
    """Yield whether mail to *domain* arrives anywhere; raises OutsideError where DNS does not answer."""
    what = f"mail to {domain}"
    kind, why = ("bounce", _LOST) if takes_bounces else ("sender", _REFUSED)
    hosts = [one.host for one in names.exchangers(domain)]
    if hosts == [""]:
        text, mend = (
            "its MX says that it takes no mail (null MX)",
            f"publish an MX record of {domain} that does",
        )
        yield fault(f"doctor.{kind}-null-mx", what, text, why=why, mend=mend)
    elif hosts:
        yield _reached(what, kind, hosts, names, why=why)
    elif names.addresses(domain):
        yield good(f"doctor.{kind}-mx", what, "it has no MX, and mail goes to its own address")
    else:
        text = "it has neither MX nor A nor AAAA"
        mend = f"publish an MX record of {domain} that names the machine which takes its mail"
        yield fault(f"doctor.{kind}-no-mx", what, text, why=why, mend=mend)


def _reached(what: str, kind: str, hosts: list[str], names: Names, *, why: str) -> Line:
    dead = [host for host in hosts if not names.addresses(host)]
    if len(dead) == len(hosts):
        text = f"its MX names machines without an address: {', '.join(dead)}"
        mend = "give them A or AAAA records, or name other machines in the MX"
        return fault(f"doctor.{kind}-mx-nowhere", what, text, why=why, mend=mend)
    return good(f"doctor.{kind}-mx", what, f"goes to {hosts[0]}")
