"""The server: its folders, its connections, and what was said to it."""

import socket
import ssl
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from threading import RLock, Thread
from types import TracebackType
from typing import Self

from vesicle.testing.imapserver.folder import Folder
from vesicle.testing.imapserver.script import Act, Now, Script, usual
from vesicle.testing.imapserver.talk import Talk


@dataclass(slots=True, kw_only=True)
class ImapServer:
    """Listens on a free port of 127.0.0.1 inside a `with`; wants *login* (name, password).

    *extensions* are what CAPABILITY offers besides the protocol; *delimiter* stands between folders, empty
    for none. With *tls* it encrypts, from the first byte or where *has_starttls* after STARTTLS. *script*
    is asked before each command, by the threads of all connections. *folders* are by name; *commands* are
    those that came, without what LOGIN was given.
    """

    extensions: tuple[str, ...] = ("AUTH=PLAIN", "MOVE", "UIDPLUS")
    delimiter: str = "/"
    login: tuple[str, str] = ("me", "secret-word")
    tls: ssl.SSLContext | None = None
    has_starttls: bool = False
    script: Script = usual
    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    folders: dict[str, Folder] = field(default_factory=lambda: {"INBOX": Folder(validity=7)})
    subscribed: set[str] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)
    _counts: Counter[str] = field(default_factory=Counter)
    _socket: socket.socket = field(init=False, repr=False)
    _open: dict[Thread, socket.socket] = field(default_factory=dict)
    _thread: Thread = field(init=False, repr=False)

    def __enter__(self) -> Self:
        self._socket = socket.create_server((self.host, 0), backlog=50)
        self.port = self._socket.getsockname()[1]
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        with self.lock:
            left = dict(self._open)
        for thread, sock in left.items():
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            thread.join()

    def put(self, content: bytes, *, folder: str = "INBOX") -> int:
        """Deliver a mail and give its UID."""
        with self.lock:
            return self.folders[folder].add(content)

    def contents(self, folder: str) -> list[bytes]:
        """Give the mails of a folder; none where it was never made."""
        with self.lock:
            return [mail.content for mail in self.folders[folder].mails] if folder in self.folders else []

    def act(self, command: str, arguments: str, connection: int) -> Act | None:
        """Note a command and ask the script what to do."""
        with self.lock:
            self._counts[command] += 1
            secret = command in ("LOGIN", "AUTHENTICATE")
            self.commands.append(command if secret or not arguments else f"{command} {arguments}")
            number = self._counts[command]
        return self.script(Now(command=command, arguments=arguments, connection=connection, number=number))

    def replace(self, sock: socket.socket, encrypted: socket.socket) -> None:
        """Remember the encrypted socket of a connection instead of the plain one."""
        with self.lock:
            self._open = {thread: encrypted if one is sock else one for thread, one in self._open.items()}

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._socket.accept()
                with self.lock:
                    self.connections += 1
                    thread = Thread(target=self._serve, args=(sock, self.connections), daemon=True)
                    self._open[thread] = sock
                thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        talk = Talk(self, sock, number)
        try:
            with suppress(OSError):
                talk.run()
        finally:
            talk.close()
