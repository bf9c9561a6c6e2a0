"""An API on loopback that answers as it is told, and fails as it is told."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - as JSON
        """Give the body as JSON; raises ValueError for one that is none."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered: *data* as JSON."""

    status: int = 200
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Kind(StrEnum):
    """How a request fails."""

    LOST = "it takes effect, and no answer comes"
    CUT = "the connection is cut before anything takes effect"
    BROKEN = "it takes effect, and the answer is the fault's own"
    REFUSED = "nothing takes effect, and the answer is the fault's own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The next request whose `METHOD /path` matches *where* (a regular expression) fails, once."""

    where: str
    kind: Kind
    answer: Answer = Answer(status=500, data={})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base has them
        """Say nothing: a client that was killed has cut its connection."""


class ApiServer:
    """Answers by *answer* each request that no fault of `faults` takes; `asked` are all that came."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self._answer = answer
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        """Give the address, without a final slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def calls(self, where: str) -> list[Asked]:
        """Give the requests whose `METHOD /path` matches *where*."""
        return [one for one in self.asked if re.search(where, f"{one.method} {one.path}")]

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _take(self, asked: Asked) -> Answer | None:
        """Let *asked* take effect, and give the answer; None where none comes."""
        with self._lock:
            self.asked.append(asked)
            what = f"{asked.method} {asked.path}"
            fault = next((one for one in self.faults if re.search(one.where, what)), None)
            if fault is None:
                return self._answer(asked)
            self.faults.remove(fault)
            if fault.kind in (Kind.LOST, Kind.BROKEN):
                self._answer(asked)
            return fault.answer if fault.kind in (Kind.BROKEN, Kind.REFUSED) else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each answer waits 40 ms for the other side

            def do_GET(self) -> None:
                target = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(target.query).items()}
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = take(
                    Asked(method=self.command, path=target.path, query=query, headers=headers, body=body)
                )
                if answer is None:
                    self.close_connection = True
                    return
                written = b"" if answer.data is None else json.dumps(answer.data).encode()
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler
