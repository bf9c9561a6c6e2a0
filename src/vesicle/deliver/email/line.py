"""A connection's bytes: whole replies within a time, never more of them than fits, and nothing unasked."""

import re
import ssl
from contextlib import suppress
from select import select
from socket import SHUT_RDWR, socket
from time import monotonic

from vesicle.deliver.email.replies import NotSmtp, Reply
from vesicle.deliver.email.strands import READ, WRITE, strand

# A reply line has at most 512 bytes (RFC 5321, section 4.5.3.1.5); servers that write more exist.
_LONGEST_LINE = 4096
_MOST_LINES = 100
_FORM = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_READ = 16384
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Line:
    """A connected socket; every method raises OSError (TimeoutError, NotSmtp) where it fails.

    Times are overall limits in seconds: bytes that trickle in do not extend them. No system call is made
    that is not needed: each lets another thread go on, and it takes a while to be let on again.
    """

    def __init__(self, sock: socket) -> None:
        self._sock = sock
        self._is_lent = True
        self._buffer = bytearray()

    def send(self, data: bytes, *, within: float) -> None:
        """Hand all of *data* to the system."""
        self._take_back()
        until = monotonic() + within
        left = memoryview(data)
        while left:
            try:
                left = left[self._sock.send(left) :]
            except _NOT_YET as error:
                self._wait(_wanted(error, WRITE), until)

    def reply(self, *, within: float) -> Reply:
        """Read one reply; NotSmtp where what comes is none, or is too long."""
        code, lines = self.lines(within=within)
        text = b" ".join(lines).decode(errors="replace")
        return Reply(code=code, text=" ".join(text.split())[:500])

    def lines(self, *, within: float) -> tuple[int, list[bytes]]:
        """Read one reply as its code and its lines without that code."""
        self._take_back()
        until = monotonic() + within
        lines: list[bytes] = []
        codes = set()
        while len(lines) < _MOST_LINES:
            line = self._line(until)
            form = _FORM.fullmatch(line)
            if form is None:
                raise NotSmtp(f"the server sent what is no reply of SMTP: {_shown(line)}")
            codes.add(form[1])
            lines.append(form[3] or b"")
            if form[2] != b"-":
                break
        if len(codes) != 1 or form is None or form[2] == b"-":
            raise NotSmtp("the server sent a reply of too many lines or of several codes")
        return int(form[1]), lines

    def quiet(self) -> None:
        """Raise where the server has closed, or sent something that it was not asked for."""
        self._take_back()
        if not self._buffer:
            with suppress(*_NOT_YET):
                self._buffer += self._received()
        if self._buffer:
            raise NotSmtp(f"the server spoke before it was asked: {_shown(bytes(self._buffer))}")

    def limit(self, seconds: float) -> None:
        """Let somebody else use the socket, with a limit of its own."""
        self._sock.settimeout(seconds)
        self._is_lent = True

    @property
    def has_more(self) -> bool:
        """Tell whether more was read than the replies that were asked for."""
        return bool(self._buffer)

    @property
    def certificate_end(self) -> float | None:
        """Give when the server's certificate ends, in seconds since 1970; None where nothing is encrypted."""
        if not isinstance(self._sock, ssl.SSLSocket):
            return None
        told = (self._sock.getpeercert() or {}).get("notAfter")
        return ssl.cert_time_to_seconds(told) if isinstance(told, str) else None

    def close(self) -> None:
        """Close as it is."""
        with suppress(OSError):
            self._sock.close()

    def cut(self) -> None:
        """End every wait on this line, from another thread."""
        with suppress(OSError):
            # Not that of SSLSocket, which takes its state from under whoever reads.
            socket.shutdown(self._sock, SHUT_RDWR)

    def _line(self, until: float) -> bytes:
        seen = 0
        while (end := self._buffer.find(b"\n", seen)) < 0:
            seen = len(self._buffer)
            if seen > _LONGEST_LINE:
                raise NotSmtp(f"the server sent a line without an end: {_shown(bytes(self._buffer))}")
            try:
                self._buffer += self._received()
            except _NOT_YET as error:
                self._wait(_wanted(error, READ), until)
            # Even where there is always a byte more, time passes.
            _left(until)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        if end > _LONGEST_LINE:
            raise NotSmtp(f"the server sent a line of {end} bytes: {_shown(line)}")
        return line.removesuffix(b"\r")

    def _received(self) -> bytes:
        received = self._sock.recv(_READ)
        if not received:
            raise ConnectionResetError("the server closed the connection")
        return received

    def _take_back(self) -> None:
        if self._is_lent:
            self._sock.settimeout(0)
            self._is_lent = False

    def _wait(self, wanted: int, until: float) -> None:
        """Wait until the socket is ready, or raise TimeoutError."""
        if running := strand():
            running.ready(self._sock, wanted, until)
        else:
            select(
                [self._sock] if wanted == READ else [],
                [self._sock] if wanted == WRITE else [],
                [],
                _left(until),
            )
        _left(until)


def _wanted(error: OSError, usual: int) -> int:
    """Give what to wait for: an encrypted line may have to read before it can write, and vice versa."""
    if isinstance(error, ssl.SSLWantReadError):
        return READ
    return WRITE if isinstance(error, ssl.SSLWantWriteError) else usual


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _shown(line: bytes) -> str:
    return ascii(line[:60].decode(errors="replace"))
