"""A mail server on loopback that counts: it keeps of each mail its Message-ID and its recipient, and no more.

A process of its own, so that a sender can be killed beside it: `python -m vesicle.testing.sink RECORD`. It
tells on its standard output the port it listens on, and then each step of each connection, one a line:
`open 3`, `mail 3`, `rcpt 3 ADDRESS`, `data 3 ADDRESS` (before the 354), `dot 3 ADDRESS`, `reply 3 ADDRESS`
(before the 250), and `gone 3 STEP ADDRESS` with the step at which the other side went. SIGTERM ends it,
SIGUSR2 shuts its gate, so that nobody is greeted, and SIGUSR1 opens it.
"""

import argparse
import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random

_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^>\r\n]*)>", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(rb"<([^>]*)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How the sink answers.

    The answer to the final dot comes after up to *delay* seconds, drawn anew for each mail. The mail is in
    the record before the answer is sent, and with *keeps_first* before the delay too. Without *pipelines* it
    does not offer PIPELINING.
    """

    delay: float = 0.0
    keeps_first: bool = False
    pipelines: bool = True


@dataclass(slots=True, kw_only=True)
class Sink:
    """What all connections share: *record* is the file of what was accepted, *tell* hears of each step."""

    record: int
    tell: Callable[[str], None]
    manners: Manners = Manners()
    random: Random = field(default_factory=Random)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    waiting: list[Callable[[], None]] = field(default_factory=list)
    is_shut: bool = False

    def keep(self, message_id: str, recipient: str) -> None:
        """Write down a mail that counts as accepted from now on."""
        os.write(self.record, f"{message_id} {recipient}\n".encode())

    def open_gate(self) -> None:
        """Greet everybody who waits, and from now on at once."""
        self.is_shut = False
        while self.waiting:
            self.waiting.pop(0)()

    def shut_gate(self) -> None:
        """Greet nobody from now on."""
        self.is_shut = True
        self.tell("shut")


class Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._number = next(sink.numbers)
        self._input = bytearray()
        self._step = "open"
        self._recipient = ""
        self._message_id = ""
        self._is_in_body = False
        self._is_busy = False
        self._gone = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, unless the gate is shut."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._go("open")
        if self._sink.is_shut:
            self._sink.waiting.append(lambda: self._say("220 sink"))
        else:
            self._say("220 sink")

    def data_received(self, data: bytes) -> None:
        """Take what came, as far as nothing has to be answered before."""
        self._input += data
        self._work()

    def eof_received(self) -> None:
        """Note at which step the other side went."""
        self._leave()

    def connection_lost(self, error: Exception | None) -> None:
        """Note the same where it went without a word."""
        self._leave()

    def _work(self) -> None:
        while not self._is_busy:
            end, skip = (b"\r\n.\r\n", 5) if self._is_in_body else (b"\r\n", 2)
            found = self._input.find(end)
            if found < 0:
                return
            taken = bytes(self._input[:found])
            del self._input[: found + skip]
            self._end_body(taken) if self._is_in_body else self._command(taken)

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper().decode("ascii", "replace")
        answers: dict[str, Callable[[bytes], str]] = {
            "EHLO": self._ehlo,
            "HELO": lambda _: "250 sink",
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": lambda _: "250 OK",
            "NOOP": self._noop,
            "QUIT": lambda _: "221 bye",
        }
        answer = answers.get(verb)
        self._say(answer(line) if answer else "502 not known here")
        if verb == "QUIT":
            self._transport.close()

    def _ehlo(self, _: bytes) -> str:
        offered = ["sink", "8BITMIME", "SMTPUTF8", *["PIPELINING"] * self._sink.manners.pipelines]
        return "\r\n".join(f"250-{word}" for word in offered[:-1]) + f"\r\n250 {offered[-1]}"

    def _mail(self, _: bytes) -> str:
        self._recipient = ""
        self._go("mail")
        return "250 OK"

    def _rcpt(self, line: bytes) -> str:
        found = _ADDRESS.search(line)
        self._recipient = found[1].decode() if found else ""
        self._go("rcpt")
        return "250 OK"

    def _data(self, _: bytes) -> str:
        if not self._recipient:
            return "503 nobody to send it to"
        self._is_in_body = True
        # The end of an empty mail, a dot right behind the 354, is found like any other.
        self._input[:0] = b"\r\n"
        self._go("data")
        return "354 go on"

    def _noop(self, line: bytes) -> str:
        self._sink.tell(f"noop {self._number} {line[4:].decode().strip()}")
        return "250 OK"

    def _end_body(self, body: bytes) -> None:
        found = _MESSAGE_ID.search(body)
        self._message_id = found[1].decode() if found else ""
        self._is_in_body, self._is_busy = False, True
        manners = self._sink.manners
        if manners.keeps_first:
            self._sink.keep(self._message_id, self._recipient)
        self._go("dot")
        if manners.delay:
            wait = self._sink.random.uniform(0, manners.delay)
            asyncio.get_running_loop().call_later(wait, self._accept)
        else:
            self._accept()

    def _accept(self) -> None:
        """Accept the mail, also when the other side has gone: it has handed it over."""
        if not self._sink.manners.keeps_first:
            self._sink.keep(self._message_id, self._recipient)
        self._is_busy = False
        self._go("reply")
        self._say("250 OK")
        self._leave() if self._gone else self._work()

    def _go(self, step: str) -> None:
        self._step = step
        self._sink.tell(f"{step} {self._number} {self._recipient}".strip())

    def _say(self, line: str) -> None:
        if not self._transport.is_closing():
            self._transport.write(f"{line}\r\n".encode())

    def _leave(self) -> None:
        """Tell once that the other side has gone, after all that it had handed over is kept."""
        if not self._gone:
            self._gone = self._step
        if not self._is_busy and self._gone != "told":
            self._sink.tell(f"gone {self._number} {self._gone} {self._recipient}".strip())
            self._gone = "told"


def tell(line: str) -> None:
    """Write one whole line to the standard output, which other processes may write to as well."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


async def serve(sink: Sink) -> None:
    """Listen on a free port of 127.0.0.1 until SIGTERM."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_signal_handler(signal.SIGUSR1, sink.open_gate)
    loop.add_signal_handler(signal.SIGUSR2, sink.shut_gate)
    server = await loop.create_server(lambda: Talk(sink), "127.0.0.1", 0, backlog=200)
    sink.tell(f"port {server.sockets[0].getsockname()[1]}")
    await ended.wait()
    server.close()


def main(arguments: Sequence[str]) -> None:
    """Serve as *arguments* say."""
    parser = argparse.ArgumentParser(prog="python -m vesicle.testing.sink")
    parser.add_argument("record", help="the file that each accepted mail is added to, as ID and recipient")
    parser.add_argument(
        "--delay", type=float, default=0.0, help="seconds, at most, before a mail is accepted"
    )
    parser.add_argument("--keeps-first", action="store_true", help="keep a mail before the delay")
    parser.add_argument("--plain", action="store_true", help="do not offer PIPELINING")
    parser.add_argument("--seed", type=int, default=0, help="what the delays are drawn from")
    given = parser.parse_args(arguments)
    manners = Manners(delay=given.delay, keeps_first=given.keeps_first, pipelines=not given.plain)
    record = os.open(given.record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    asyncio.run(serve(Sink(record=record, tell=tell, manners=manners, random=Random(given.seed))))


if __name__ == "__main__":
    main(sys.argv[1:])
