"""Stands between a channel and its server, passes on what is asked, and strikes when it is told to."""

from collections.abc import Callable
from contextlib import closing
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_OURS = ("connection", "content-length", "host", "keep-alive", "transfer-encoding")


class Step(StrEnum):
    """How far a request has come."""

    CAME = "it came, and was not passed on"
    PASSED_ON = "it was passed on, and is not answered"
    ANSWERED = "it was answered, and the answer not passed back"
    TOLD = "the answer was passed back"


class Proxy:
    """Passes on to the server at *upstream*, at `url`.

    When the *number*-th request (from 1) for *method* since `strike_at` comes to *step*, *strike* is called
    and the connection cut. What was passed on takes effect all the same.
    """

    def __init__(self, upstream: str, *, method: str) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._method = method
        self._lock = Lock()
        self._left = 0
        self._step = Step.CAME
        self._strike: Callable[[], None] = lambda: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Give the address, without a final slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def strike_at(self, step: Step, number: int = 1, strike: Callable[[], None] = lambda: None) -> None:
        """Strike once, then."""
        with self._lock:
            self._left, self._step, self._strike = number, step, strike

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _is_it(self, path: str) -> bool:
        """Tell whether this request is the one, and count it."""
        with self._lock:
            if self._left == 0 or not path.endswith(self._method):
                return False
            self._left -= 1
            return self._left == 0

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                is_it = proxy._is_it(urlsplit(self.path).path)
                try:
                    self._pass_on(body, proxy._step if is_it else None)
                except _Struck:
                    self.close_connection = True
                    proxy._strike()

            do_POST = do_GET

            def _pass_on(self, body: bytes, strike_at: Step | None) -> None:
                _strike(strike_at, Step.CAME)
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _OURS}
                with closing(HTTPConnection(proxy._upstream, timeout=30)) as upstream:
                    upstream.request(self.command, self.path, body=body, headers=headers)
                    _strike(strike_at, Step.PASSED_ON)
                    answer = upstream.getresponse()
                    content = answer.read()
                    _strike(strike_at, Step.ANSWERED)
                    lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
                    lines += [
                        f"{name}: {value}" for name, value in answer.getheaders() if name.lower() not in _OURS
                    ]
                    lines += [f"content-length: {len(content)}", "", ""]
                    self.wfile.write("\r\n".join(lines).encode("latin-1") + content)
                _strike(strike_at, Step.TOLD)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler


class _Struck(Exception):
    pass


def _strike(at: Step | None, step: Step) -> None:
    if at is step:
        raise _Struck
