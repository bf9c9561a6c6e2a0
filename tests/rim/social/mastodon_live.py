"""A Mastodon server of another hand (`mastodon-mock`), and a way to it on which requests can be stopped.

`VESICLE_MASTODON` is the path of its program, in a virtual environment of its own: it brings uvloop, which
would change what our own tests of `vesicle serve` run on.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

import httpx
import pytest

PROGRAM = os.environ.get("VESICLE_MASTODON", "")
LIVE = [
    pytest.mark.live,
    pytest.mark.skipif(not PROGRAM, reason="VESICLE_MASTODON does not name a mastodon_mock"),
]
TOKEN = "mock_token"
SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mock:
    """The server that runs at *port*, as somebody else sees it."""

    port: int

    @property
    def url(self) -> str:
        """Give its address."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **query: str) -> Any:
        """Read something as its account."""
        return self._asked(path, query).json()

    def bytes(self, url: str) -> bytes:
        """Read a file."""
        return httpx.get(url, trust_env=False).raise_for_status().content

    def statuses(self) -> list[dict[str, Any]]:
        """Give all statuses of the account, the first one first."""
        whose = self.get("/api/v1/accounts/verify_credentials")["id"]
        found: list[dict[str, Any]] = []
        while page := self.get(f"/api/v1/accounts/{whose}/statuses", limit="40", **_below(found)):
            found += page
        return found[::-1]

    def _asked(self, path: str, query: Mapping[str, str]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return httpx.get(self.url + path, params=query, headers=headers, trust_env=False).raise_for_status()


def _below(found: list[dict[str, Any]]) -> dict[str, str]:
    return {"max_id": found[-1]["id"]} if found else {}


@contextmanager
def running(folder: Path) -> Iterator[Mock]:
    """Run a server that remembers nothing, as long as the block lasts."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [PROGRAM, "serve", "--in-memory", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "mastodon.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env=os.environ | {"TMPDIR": str(folder)}
        )
    try:
        mock = Mock(port=port)
        # It tells nobody when it begins to listen: the connection is tried again, later each time.
        with httpx.Client(transport=httpx.HTTPTransport(retries=7), trust_env=False) as patient:
            patient.get(f"{mock.url}/api/v2/instance").raise_for_status()
        yield mock
    finally:
        process.terminate()
        process.wait(SECONDS)


@dataclass(slots=True, kw_only=True)
class Stop:
    """What befalls the *number*th status (from 0) that is posted from now on.

    It is forwarded, unless it *is_swallowed*. With *kills*, the process that is told by `of` is then killed,
    with the answer in its socket if it *is_answered*; else no answer comes.
    """

    number: int = 0
    is_swallowed: bool = False
    is_answered: bool = False
    kills: bool = False
    _pid: int = 0
    _knows: Event = field(default_factory=Event)

    def of(self, pid: int) -> None:
        """Name the process, which may be on its way already."""
        self._pid = pid
        self._knows.set()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let the process stand still in the block, and never go on: it sees nothing of what happens."""
        if not self.kills:
            yield
            return
        assert self._knows.wait(SECONDS)
        os.kill(self._pid, signal.SIGSTOP)
        until = time.monotonic() + SECONDS
        while _state(self._pid) != "T":
            assert time.monotonic() < until
        yield
        os.kill(self._pid, signal.SIGKILL)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


class Proxy:
    """Passes requests to *mock* and answers back; `asked` are all that came, as `METHOD /path`."""

    def __init__(self, mock: Mock) -> None:
        self.asked: list[str] = []
        self.stop: Stop | None = None
        self._mock = mock
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Give its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _due(self, what: str) -> Stop | None:
        self.asked.append(what)
        stop = self.stop
        if stop is None or what != "POST /api/v1/statuses":
            return None
        stop.number -= 1
        if stop.number >= 0:
            return None
        self.stop = None
        return stop

    def _forwarded(self, asked: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self._mock.port, timeout=SECONDS)
        try:
            connection.request(asked.command, asked.path, body, dict(asked.headers.items()))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                stop = proxy._due(f"{self.command} {self.path.partition('?')[0]}")
                answer = None if stop and stop.is_swallowed else proxy._forwarded(self, body)
                if stop is None:
                    self._answer(answer)
                    return
                self.close_connection = True
                with stop.stopped():
                    self._answer(answer if stop.is_answered else None)

            do_POST = do_GET

            def _answer(self, answer: tuple[int, bytes] | None) -> None:
                if answer is None:
                    return
                status, body = answer
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler
