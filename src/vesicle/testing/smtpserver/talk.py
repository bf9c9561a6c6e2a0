"""One connection of the server."""

import re
import socket
import ssl
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import suppress
from struct import pack
from threading import Event
from typing import Protocol

from vesicle.testing.smtpserver.script import Act, Fault, Moment, Now, Script, Taken

_ADDRESS = re.compile(rb"<([^>]*)>")
_READ = 65536
_LOGIN_WANTED = "530 5.7.0 Authentication required"


class House(Protocol):
    """The server as its connections see it."""

    extensions: tuple[str, ...]
    fault: Fault | None
    tls: ssl.SSLContext | None
    login: tuple[str, str] | None
    logins: int
    ended: Event

    @property
    def script(self) -> Script:
        """Give what decides at each moment."""
        ...

    def keep(self, mail: Taken) -> None:
        """Accept *mail*."""
        ...

    def note(self, command: str) -> None:
        """Remember a command that came."""
        ...

    def note_behind(self, commands: list[str]) -> None:
        """Remember which commands came in one piece with a final dot."""
        ...

    def count_login(self) -> None:
        """Count one more try to log in."""
        ...

    def replace(self, number: int, sock: socket.socket) -> None:
        """Remember the encrypted socket of a connection instead of the plain one."""
        ...


class Talk:
    """One connection."""

    def __init__(self, server: House, number: int, sock: socket.socket) -> None:
        self._server = server
        self._number = number
        self._sock = sock
        self._buffer = b""
        self._mails = 0
        self._sender: str | None = None
        self._recipient = ""
        self._is_known = server.login is None
        self._held_back: list[bytes] = []
        self._is_open = True

    def run(self) -> None:
        """Speak until the connection ends."""
        self._perform(Moment.GREETING, "220 loopback ESMTP")
        while self._is_open:
            line = self._line()
            if line is None:
                return
            self._server.note(line.decode(errors="replace"))
            self._command(line)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper().decode(errors="replace")
        handlers: dict[str, Callable[[bytes], None]] = {
            "EHLO": self._ehlo,
            "STAR": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "QUIT": self._quit,
        }
        handlers.get(verb, self._what)(line)

    def _what(self, line: bytes) -> None:
        self._say("500 5.5.2 What?")

    def _ehlo(self, line: bytes) -> None:
        offers = list(self._server.extensions)
        if self._server.tls and not isinstance(self._sock, ssl.SSLSocket):
            offers.append("STARTTLS")
        if self._server.login:
            offers.append("AUTH PLAIN")
        lines = ["loopback", *offers]
        marks = ["-"] * (len(lines) - 1) + [" "]
        self._perform(Moment.EHLO, "\r\n".join(f"250{m}{t}" for m, t in zip(marks, lines, strict=True)))

    def _starttls(self, line: bytes) -> None:
        if not self._server.tls:
            self._say("502 5.5.1 Not offered")
        elif self._perform(Moment.STARTTLS, "220 2.0.0 Go on"):
            self._sock = self._server.tls.wrap_socket(self._sock, server_side=True)
            self._server.replace(self._number, self._sock)
            self._buffer = b""

    def _auth(self, line: bytes) -> None:
        self._server.count_login()
        words = line.split()
        given = b64decode(words[2]).decode().split("\0")[1:] if len(words) == 3 else []
        self._is_known = tuple(given) == self._server.login
        usual = "235 2.7.0 Welcome" if self._is_known else "535 5.7.8 Wrong name or password"
        self._is_known = self._perform(Moment.AUTH, usual) and self._is_known

    def _mail(self, line: bytes) -> None:
        if self._sender is not None:
            self._say("503 5.5.1 Another mail is not ended yet")
            return
        self._recipient = ""
        self._sender = None
        usual = "250 2.1.0 OK" if self._is_known else _LOGIN_WANTED
        if self._perform(Moment.MAIL, usual, address=_address(line), command=line):
            self._sender = _address(line)

    def _rcpt(self, line: bytes) -> None:
        usual = "503 5.5.1 MAIL first" if self._sender is None else "250 2.1.5 OK"
        if self._perform(Moment.RCPT, usual, address=_address(line), command=line):
            self._recipient = _address(line)

    def _data(self, line: bytes) -> None:
        usual = "354 Go on" if self._recipient else "503 5.5.1 RCPT first"
        if not self._perform(Moment.DATA, usual, address=self._recipient):
            return
        body = self._body()
        if body is None:
            return
        self._dot(body)

    def _body(self) -> bytes | None:
        """Read up to the final dot; None where the connection ended before."""
        act = self._act(Moment.BODY, self._recipient, b"")
        if act and not (self._fill() and self._obeys(act)):
            return None
        while not (self._buffer.startswith(b".\r\n") or b"\r\n.\r\n" in self._buffer):
            if not self._fill():
                return None
        if self._buffer.startswith(b".\r\n"):
            self._buffer = self._buffer[3:]
            return b""
        body, _, self._buffer = self._buffer.partition(b"\r\n.\r\n")
        self._server.note_behind([line[:4].decode() for line in self._buffer.splitlines()])
        return body + b"\r\n"

    def _dot(self, body: bytes) -> None:
        self._mails += 1
        sender, recipient = self._sender or "", self._recipient
        self._sender, self._recipient = None, ""
        act = self._act(Moment.DOT, recipient, b"") or Act()
        reply = act.reply if isinstance(act.reply, str) else act.reply.decode(errors="replace")
        usual = "250 2.0.0 Kept" if recipient else "554 5.5.1 Nobody to give it to"
        keeps = act.keeps if act.keeps is not None else (reply or usual).startswith("2")
        if keeps and recipient:
            taken = Taken(sender=sender, recipient=recipient, content=body, connection=self._number)
            self._server.keep(taken)
        self._follow(act, usual)

    def _rset(self, line: bytes) -> None:
        self._sender, self._recipient = None, ""
        self._perform(Moment.RSET, "250 2.0.0 OK")

    def _quit(self, line: bytes) -> None:
        self._perform(Moment.QUIT, "221 2.0.0 Bye")
        self._is_open = False

    def _act(self, moment: Moment, address: str, command: bytes) -> Act | None:
        now = Now(
            moment=moment,
            connection=self._number,
            mails=self._mails,
            logins=self._server.logins,
            address=address,
            command=command.decode(errors="replace"),
        )
        return self._server.script(now)

    def _perform(self, moment: Moment, usual: str, *, address: str = "", command: bytes = b"") -> bool:
        """Answer at *moment*; tell whether the answer was a yes."""
        return self._follow(self._act(moment, address, command) or Act(), usual)

    def _follow(self, act: Act, usual: str) -> bool:
        if not self._obeys(act, speaks=bool(act.reply)):
            return False
        reply = act.reply or usual
        self._say(reply, gap=act.gap)
        if act.drops:
            self._drop(act)
        text = reply if isinstance(reply, str) else reply.decode(errors="replace")
        return text.startswith(("2", "3"))

    def _obeys(self, act: Act, *, speaks: bool = False) -> bool:
        """Wait, stall or drop as *act* says; False where nothing is to be said any more."""
        while act.waits_for and not act.waits_for.wait(0.05) and not self._server.ended.is_set():
            pass
        if act.stalls:
            while self._fill():
                pass
            self._is_open = False
            return False
        if act.drops and not speaks:
            self._drop(act)
            return False
        return True

    def _drop(self, act: Act) -> None:
        with suppress(OSError):
            if not act.reply:
                # The other side gets a reset instead of an orderly end.
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
            self._sock.close()
        self._is_open = False
        if act.sets:
            act.sets.set()

    def _say(self, reply: str | bytes, *, gap: float | None = None) -> None:
        data = reply if isinstance(reply, bytes) else f"{reply}\r\n".encode()
        fault = self._server.fault
        if fault is Fault.REVERSES and (self._buffer or self._held_back):
            self._held_back.append(data)
            if b"\r\n" not in self._buffer:
                held, self._held_back = reversed(self._held_back), []
                self._sock.sendall(b"".join(held))
            return
        if fault is Fault.ANSWERS_ONCE and b"\r\n" in self._buffer:
            return
        if fault is Fault.DISCARDS:
            self._buffer = b""
        for chunk in _chunks(data, gap):
            self._sock.sendall(chunk)
            if gap:
                self._server.ended.wait(gap)

    def _line(self) -> bytes | None:
        while b"\r\n" not in self._buffer:
            if not self._fill():
                return None
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _fill(self) -> bool:
        try:
            data = self._sock.recv(_READ)
        except OSError:
            data = b""
        self._buffer += data
        return bool(data)


def _chunks(data: bytes, gap: float | None) -> Iterator[bytes]:
    if gap is None:
        yield data
    else:
        yield from (data[place : place + 1] for place in range(len(data)))


def _address(line: bytes) -> str:
    found = _ADDRESS.search(line)
    return found[1].decode(errors="replace") if found else ""
