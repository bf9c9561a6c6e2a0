"""Asks DNS; the only file that needs `dnspython`."""

from dataclasses import dataclass

import dns.exception
import dns.resolver
from dns.rdatatype import RdataType

from vesicle.model.errors import PermanentFailure, TemporaryFailure

SECONDS = 4.0
"""How long an answer may take, all tries together."""
_MOST_SILENT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanger:
    """Where the mail of a domain goes; *host* is empty for a domain that takes none (RFC 7505)."""

    host: str
    preference: int


class Dns:
    """Asks one name server, or those of this machine where *nameserver* is empty; each question once.

    What a server does not answer, or answers with a failure, raises TemporaryFailure; after three silences
    nothing more is asked. What can be no name in DNS raises PermanentFailure. A name without such a record,
    or that does not exist, has none.
    """

    def __init__(self, nameserver: str = "", *, port: int = 53, seconds: float = SECONDS) -> None:
        self._nameserver, self._port, self._seconds = nameserver, port, seconds
        self._resolver: dns.resolver.Resolver | None = None
        self._known: dict[tuple[str, RdataType], tuple[dns.rdata.Rdata, ...] | Exception] = {}
        self._silences = 0

    def texts(self, name: str) -> tuple[str, ...]:
        """Give the TXT records at *name*, the strings of each put together."""
        found = self._ask(name, RdataType.TXT)
        return tuple(b"".join(getattr(one, "strings", ())).decode("utf-8", "replace") for one in found)

    def exchangers(self, name: str) -> tuple[Exchanger, ...]:
        """Give the MX records at *name*, the most preferred first."""
        found = [
            Exchanger(
                host=str(getattr(one, "exchange", "")).rstrip("."), preference=getattr(one, "preference", 0)
            )
            for one in self._ask(name, RdataType.MX)
        ]
        return tuple(sorted(found, key=lambda one: (one.preference, one.host)))

    def addresses(self, name: str) -> tuple[str, ...]:
        """Give the A and AAAA records at *name*."""
        return tuple(str(one) for kind in (RdataType.A, RdataType.AAAA) for one in self._ask(name, kind))

    def _ask(self, name: str, kind: RdataType) -> tuple[dns.rdata.Rdata, ...]:
        question = (name.lower().rstrip("."), kind)
        if question not in self._known:
            self._known[question] = self._asked(*question)
        answer = self._known[question]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _asked(self, name: str, kind: RdataType) -> tuple[dns.rdata.Rdata, ...] | Exception:
        if self._silences >= _MOST_SILENT:
            return TemporaryFailure("DNS did not answer three times, and was asked nothing more")
        try:
            answer = self._opened().resolve(f"{name}.", kind, raise_on_no_answer=False, search=False)
            return tuple(answer.rrset or ())
        except dns.resolver.NXDOMAIN:
            return ()
        except dns.exception.Timeout:
            self._silences += 1
            return TemporaryFailure(
                f"DNS did not answer for {name} ({kind.name}) within {self._seconds:.0f} s"
            )
        except (dns.resolver.NoNameservers, dns.resolver.NoResolverConfiguration, OSError) as error:
            return TemporaryFailure(f"DNS failed for {name} ({kind.name}): {_short(error)}")
        except (dns.exception.DNSException, UnicodeError) as error:
            return PermanentFailure(f"{name!r} cannot be asked for in DNS: {_short(error)}")

    def _opened(self) -> dns.resolver.Resolver:
        if self._resolver is None:
            self._resolver = dns.resolver.Resolver(configure=not self._nameserver)
            if self._nameserver:
                self._resolver.nameservers = [self._nameserver]
                self._resolver.port = self._port
            self._resolver.lifetime = self._seconds
            self._resolver.timeout = self._seconds / 2
        return self._resolver


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
