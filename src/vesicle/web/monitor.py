"""Answers `/health` and `/metrics` beside `vesicle run`, on loopback alone.

The standard library's server: it answers a few requests a minute, and costs no memory that is not in use
already (uvicorn and Starlette: 2 MB).
"""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import BoundedSemaphore, Thread

from vesicle.model.pulse import Pulse
from vesicle.ports import Clock
from vesicle.queue import health
from vesicle.web.metrics import CONTENT_TYPE

PATIENCE_SECONDS = 5.0
MOST_AT_ONCE = 8
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is told to whoever asks: the pulse, and all metrics, which raise nothing; *clock* for the age."""

    pulse: Callable[[], Pulse]
    metrics: Callable[[], bytes]
    clock: Clock


@contextmanager
def monitoring(shown: Shown, *, host: str, port: int) -> Iterator[int]:
    """Answer at *host* and *port* (0: any that is free) inside the `with`; give the port.

    Raises OSError where nobody can listen there.
    """
    with _Server(shown, host, port) as server:
        thread = Thread(target=server.answer_all, name="monitor", daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.end()
            thread.join()


class _Server(ThreadingHTTPServer):
    """A thread for each connection, up to a few; one more is closed at once."""

    request_queue_size = 32

    def __init__(self, shown: Shown, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.shown = shown
        self._free = BoundedSemaphore(MOST_AT_ONCE)
        self._has_ended = False
        super().__init__((host, port), _Handler)

    def answer_all(self) -> None:
        """Answer until the end; unlike `serve_forever`, without waking up in between to look for it."""
        while not self._has_ended:
            self.handle_request()

    def end(self) -> None:
        """Let `answer_all` return: it waits for somebody to connect."""
        self._has_ended = True
        with suppress(OSError):
            host, port = self.socket.getsockname()[:2]
            socket.create_connection((host, port), timeout=1).close()

    def process_request(self, request: object, client_address: object) -> None:
        """Answer in a thread, where there is one."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)  # type: ignore[arg-type]  # socketserver's own types
        else:
            self.shutdown_request(request)  # type: ignore[arg-type]  # the same

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Answer, and make place for the next."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]  # the same
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: _Server
    timeout = PATIENCE_SECONDS
    server_version, sys_version = "vesicle", ""
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(code)d %(message)s\n"

    def do_GET(self) -> None:
        """Answer; nothing changes by it."""
        # A page from elsewhere whose name was bent to this machine must not read along (DNS rebinding).
        if not _is_local(self.headers.get("Host", "")):
            self._answer(421, "text/plain", b"This answers under the names of this machine alone.\n")
        elif self.path == "/health":
            self._health()
        elif self.path == "/metrics":
            self._answer(200, CONTENT_TYPE, self.server.shown.metrics())
        else:
            self._answer(404, "text/plain", b"There are /health and /metrics.\n")

    def _refuse(self) -> None:
        self._answer(405, "text/plain", b"Only GET.\n")

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse

    def _health(self) -> None:
        pulse = self.server.shown.pulse()
        is_alive = pulse.is_alive(self.server.shown.clock())
        body = json.dumps({"alive": is_alive, **health.as_data(pulse)}).encode()
        self._answer(200 if is_alive else 503, "application/json", body)

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if status == 405:
            self.send_header("Allow", "GET")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request: somebody asks every few seconds."""


def _is_local(host: str) -> bool:
    """Tell whether a `Host` header names this machine, with or without a port."""
    name, colon, port = host.lower().rpartition(":")
    name = name if colon and port.isdecimal() else host.lower()
    try:
        return name in _LOCAL or ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
