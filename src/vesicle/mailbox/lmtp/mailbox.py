"""The listener and the Maildir behind it."""

import errno
import logging
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread, current_thread

from vesicle.mailbox import maildir
from vesicle.mailbox.lmtp.options import Options
from vesicle.mailbox.lmtp.talk import Talk
from vesicle.model.errors import TemporaryFailure, UserError
from vesicle.ports import Returned

_MOST_CONNECTIONS = 50
_PATIENCE = 300.0  # seconds for the next bytes (RFC 5321, section 4.5.3.2.7)
_PAUSE = 1.0  # seconds, where the machine has no socket left
_BUSY = b"421 4.3.2 too many connections\r\n"

_log = logging.getLogger(__name__)


class Mailbox:
    """Takes mails from the mail server of this machine by LMTP (RFC 2033); keeps each, then answers."""

    def __init__(self, options: Options, *, folder: Path) -> None:
        self._options = options
        self._maildir = maildir.Mailbox(maildir.Options(path=options.path), folder=folder)
        self.port = options.port

    def new(self) -> Iterator[Returned]:
        """Yield the mails that were taken, as a Maildir does."""
        try:
            self._maildir.make()
        except OSError as error:
            raise TemporaryFailure(f"{self._options.path} cannot be made: {error.strerror}") from error
        return self._maildir.new()

    def put_aside(self, mail_id: str, *, is_understood: bool) -> None:
        """Move a mail out of `new`, as a Maildir does."""
        self._maildir.put_aside(mail_id, is_understood=is_understood)

    @contextmanager
    def listen(self) -> Iterator[None]:
        """Take mails inside the `with`, in threads of its own; what is in hand at the end is still answered.

        `port` is then the one that it listens on. Raises UserError where the port is taken or the Maildir
        cannot be made.
        """
        listener = self._opened()
        self.port = listener.getsockname()[1]
        with closing(_Connections(listener, self._maildir)):
            yield

    def _opened(self) -> socket.socket:
        host, port = self._options.host, self._options.port
        try:
            self._maildir.make()
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            return socket.create_server((host, port), family=family)
        except OSError as error:
            is_taken = error.errno == errno.EADDRINUSE
            mend = "stop the other program, or give another `port`" if is_taken else "check `path` and `port`"
            text = f"nobody can listen for LMTP on {host}:{port}: {error.strerror}"
            raise UserError(text, mend=mend) from error


class _Connections:
    """Accepts connections until it is closed, each served in a thread."""

    def __init__(self, listener: socket.socket, box: maildir.Mailbox) -> None:
        self._listener, self._maildir = listener, box
        self._open: dict[Thread, socket.socket] = {}
        self._lock = Lock()
        self._ended = Event()
        self._thread = Thread(target=self._accept, name="lmtp", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Accept nobody any more, let each connection answer what it has as a whole, and wait for that."""
        self._ended.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        with self._lock:
            left = dict(self._open)
        for thread, connection in left.items():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
            thread.join()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                self._serve(self._listener.accept()[0])
            except OSError as error:
                if not self._ended.wait(_PAUSE):
                    _log.warning("mailbox.lmtp-not-accepted error=%s", error.strerror)

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            is_full = len(self._open) >= _MOST_CONNECTIONS
            if not is_full:
                thread = Thread(target=self._talk, args=(connection,), name="lmtp", daemon=True)
                self._open[thread] = connection
        if not is_full:
            thread.start()
            return
        with connection, suppress(OSError):
            connection.sendall(_BUSY)

    def _talk(self, connection: socket.socket) -> None:
        try:
            with connection, suppress(OSError):
                connection.settimeout(_PATIENCE)
                Talk(connection, keep=self._maildir.keep, name=socket.gethostname()).run()
        finally:
            with self._lock:
                self._open.pop(current_thread(), None)
