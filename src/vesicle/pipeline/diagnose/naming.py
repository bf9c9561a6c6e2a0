"""What the areas that look at DNS have in common."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from vesicle.model.checkup import Line, away
from vesicle.model.errors import OutsideError

# Names that nobody can own (RFC 2606); `.test` is for people who run a DNS of their own.
_RESERVED = ("example", "invalid", "localhost")


class Exchanger(Protocol):
    """Where the mail of a domain goes; *host* is empty for a domain that takes none."""

    @property
    def host(self) -> str:
        """Give the name of the machine."""
        ...


class Names(Protocol):
    """DNS; raises OutsideError where it does not answer."""

    def texts(self, name: str) -> tuple[str, ...]:
        """Give the TXT records at *name*."""
        ...

    def exchangers(self, name: str) -> Sequence[Exchanger]:
        """Give the MX records at *name*, the most preferred first."""
        ...

    def addresses(self, name: str) -> tuple[str, ...]:
        """Give the A and AAAA records at *name*."""
        ...


def is_reserved(domain: str) -> bool:
    """Tell whether *domain* stands in examples alone, as in the sample site."""
    return domain.lower().rstrip(".").rpartition(".")[2] in _RESERVED


def unless_away(what: str, lines: Iterator[Line]) -> Iterator[Line]:
    """Yield *lines*, and where DNS fails a line that says so."""
    try:
        yield from lines
    except OutsideError as error:
        yield away(
            "doctor.dns-away",
            what,
            str(error),
            why="receivers that cannot ask for the record refuse mails, or take them for spam",
            mend="see that this machine has a DNS server that answers, and that the domain has not lapsed",
        )
