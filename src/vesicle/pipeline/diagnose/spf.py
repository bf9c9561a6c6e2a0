"""SPF of the domain that stands in the envelope of mails (RFC 7208)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from vesicle.model.checkup import Line, fault, good
from vesicle.pipeline.diagnose.naming import Names
from vesicle.text import spf

_WHY = "large providers refuse bulk mail that does not pass SPF"
_VOID = "receivers take such a record for none: SPF fails for every mail"


def look(domain: str, names: Names) -> Iterator[Line]:
    """Yield how the record of *domain* stands; raises OutsideError where DNS does not answer."""
    what = f"SPF of {domain}"
    found = spf.records(names.texts(domain))
    if not found:
        mend = f'publish a TXT record at {domain}: "v=spf1 include:… ~all", as your mail provider writes it'
        yield fault("doctor.spf-missing", what, "there is no record", why=_WHY, mend=mend)
    elif len(found) > 1:
        text = f"there are {len(found)} records: {' and '.join(found)}"
        mend = "put their terms together into one record, and delete the others"
        yield fault("doctor.spf-several", what, text, why=_VOID, mend=mend)
    else:
        faults = list(_faults(what, domain, found[0], names))
        yield from faults or [good("doctor.spf", what, found[0])]


@dataclass(slots=True)
class _Walk:
    """What was met in a record and in all that it includes."""

    lookups: int = 0
    wrong: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)


def _faults(what: str, domain: str, record: str, names: Names) -> Iterator[Line]:
    walk = _walk(domain, names)
    if spf.parse(record).lets_everybody:
        text, mend = f"everybody may send: {record}", "end the record with `~all` or `-all` instead of `+all`"
        yield fault("doctor.spf-everybody", what, text, why="anybody can send in your name", mend=mend)
    if walk.wrong:
        text = f"these words cannot be read: {', '.join(walk.wrong)}"
        mend = "write them as RFC 7208 does, such as ip4:192.0.2.1 or include:spf.example.org"
        yield fault("doctor.spf-unreadable", what, text, why=_VOID, mend=mend)
    if walk.without:
        text = f"it includes what has no single SPF record: {', '.join(walk.without)}"
        mend = "take that `include` out, or write the name as your mail provider does"
        yield fault("doctor.spf-include", what, text, why=_VOID, mend=mend)
    if walk.lookups > spf.MOST_LOOKUPS:
        text = f"it takes more than {spf.MOST_LOOKUPS} questions to DNS to read it to its end"
        mend = "take out each `include`, `a`, `mx` that sends no mail for you, or name networks by ip4, ip6"
        yield fault("doctor.spf-lookups", what, text, why=_VOID, mend=mend)


def _walk(domain: str, names: Names) -> _Walk:
    """Read the record of *domain* and those it leads to, until there were too many questions."""
    walk, left = _Walk(), [domain]
    while left and walk.lookups <= spf.MOST_LOOKUPS:
        name = left.pop()
        found = spf.records(names.texts(name))
        if len(found) != 1:
            walk.without.append(name)
            continue
        read = spf.parse(found[0])
        walk.lookups += len(read.asking)
        walk.wrong += read.wrong
        left += read.leads_to
    return walk
