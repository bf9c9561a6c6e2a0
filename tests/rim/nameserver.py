"""A DNS server on loopback with zones written in a test."""

from collections.abc import Mapping, Sequence
from threading import Thread
from types import TracebackType
from typing import Any, Self

from dnslib import AAAA, MX, QTYPE, RCODE, RR, TXT, A
from dnslib.server import DNSLogger, DNSServer

Zones = Mapping[str, Sequence[str]]
"""Records by name, each as `KIND value`; `FAIL` lets every question about that name fail."""


class NameServer:
    """Answers from *zones* on a free port of 127.0.0.1 inside a `with`; *asked* are the questions so far."""

    host = "127.0.0.1"

    def __init__(self, zones: Zones) -> None:
        self._zones = {name.lower(): records for name, records in zones.items()}
        self.asked: list[tuple[str, str]] = []
        self.port = 0

    def resolve(self, request: Any, handler: Any) -> Any:
        """Answer one question, as dnslib calls it."""
        reply = request.reply()
        name, kind = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        self.asked.append((name, kind))
        records = self._zones.get(name)
        if records is None:
            reply.header.rcode = RCODE.NXDOMAIN
        elif "FAIL" in records:
            reply.header.rcode = RCODE.SERVFAIL
        else:
            for record in records:
                if record.startswith(f"{kind} "):
                    reply.add_answer(_answer(name, kind, record.partition(" ")[2]))
        return reply

    def __enter__(self) -> Self:
        quiet = DNSLogger(logf=lambda _: None)
        self._server = DNSServer(self, address=self.host, port=0, logger=quiet).server
        self.port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _answer(name: str, kind: str, value: str) -> Any:
    if kind == "MX":
        preference, _, host = value.partition(" ")
        return RR(name, QTYPE.MX, rdata=MX(host, int(preference)))
    if kind == "TXT":
        # A string holds at most 255 bytes; receivers put them together.
        return RR(name, QTYPE.TXT, rdata=TXT([value[at : at + 200] for at in range(0, len(value), 200)]))
    return RR(name, getattr(QTYPE, kind), rdata={"A": A, "AAAA": AAAA}[kind](value))
