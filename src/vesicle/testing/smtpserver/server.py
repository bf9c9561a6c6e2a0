"""A raw SMTP server on loopback that breaks whatever rule a test names, and counts what it accepts."""

import socket
import ssl
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from vesicle.testing.smtpserver.script import Fault, Script, Taken, usual
from vesicle.testing.smtpserver.talk import Talk


@dataclass(slots=True, kw_only=True)
class SmtpServer:
    """Listens on a free port of 127.0.0.1 inside a `with`. *extensions* are what EHLO offers.

    *script* decides at each moment, and is called by the threads of all connections. With *tls* it offers
    STARTTLS, with *login* (name, password) it wants AUTH PLAIN. *taken* holds the accepted mails,
    *commands* what was said, and *behind* the verbs that came in one piece with a final dot.
    """

    script: Script = usual
    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")
    fault: Fault | None = None
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    encrypted: int = 0
    logins: int = 0
    most_at_once: int = 0
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    _socket: socket.socket = field(init=False, repr=False)
    _open: dict[int, socket.socket] = field(default_factory=dict)
    _threads: list[Thread] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    ended: Event = field(default_factory=Event)

    def __enter__(self) -> Self:
        self._socket = socket.create_server((self.host, 0), backlog=200)
        self.port = self._socket.getsockname()[1]
        self._start(Thread(target=self._accept, daemon=True))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            for one in self._open.values():
                with suppress(OSError):
                    socket.socket.shutdown(one, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    @property
    def counts(self) -> Counter[str]:
        """Count the accepted mails by their Message-ID."""
        with self._lock:
            return Counter(mail.message_id for mail in self.taken)

    def keep(self, mail: Taken) -> None:
        """Accept *mail*."""
        with self._lock:
            self.taken.append(mail)

    def note(self, command: str) -> None:
        """Remember a command that came."""
        with self._lock:
            self.commands.append(command)

    def note_behind(self, commands: list[str]) -> None:
        """Remember which commands came in one piece with a final dot."""
        with self._lock:
            self.behind += commands

    def count_login(self) -> None:
        """Count one more try to log in."""
        with self._lock:
            self.logins += 1

    def replace(self, number: int, sock: socket.socket) -> None:
        """Remember the encrypted socket of a connection instead of the plain one."""
        with self._lock:
            self._open[number] = sock
            self.encrypted += 1

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._socket.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self.connections += 1
                    number = self.connections
                    self._open[number] = sock
                    self.most_at_once = max(self.most_at_once, len(self._open))
                self._start(Thread(target=self._serve, args=(number, sock), daemon=True))

    def _start(self, thread: Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _serve(self, number: int, sock: socket.socket) -> None:
        talk = Talk(self, number, sock)
        try:
            with suppress(OSError):
                talk.run()
        finally:
            with self._lock:
                self._open.pop(number, None)
            talk.close()
