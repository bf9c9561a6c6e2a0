"""The HTTP client against a real server on loopback."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.net.http import Bounds, Http
from vesicle.queue.clock import now


@dataclass
class Answer:
    status: int = 200
    body: bytes = b"hello"
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    """What Content-Length says, where that is not true."""


@dataclass
class Server:
    url: str
    answers: list[Answer]
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Path and user agent of each request."""


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.requests.append((self.path, self.headers["User-Agent"]))
            answer = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(answer.announced or len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        script = Server(url=f"http://127.0.0.1:{listening.server_address[1]}", answers=[Answer()])
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield script
        listening.shutdown()
        thread.join()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def http(waits: list[float]) -> Iterator[Http]:
    with Http(
        contact="mailto:news@example.org\r\nX: y", wait=waits.append, bounds=Bounds(most_bytes=1000)
    ) as client:
        yield client


def test_a_body_is_read_and_the_reader_named(server: Server, http: Http) -> None:
    assert http.get(f"{server.url}/feed?a=1") == b"hello"
    assert server.requests == [("/feed?a=1", "Vesicle/0.1.0 (+mailto:news@example.orgX:y)")]


def test_the_date_of_an_answer_is_heard_but_not_of_one_that_somebody_kept(server: Server) -> None:
    heard: list[tuple[str, datetime]] = []
    with Http(contact="x", hear=lambda host, date: heard.append((host, date))) as http:
        server.answers = [Answer(), Answer(headers={"Age": "9"})]
        http.get(server.url)
        http.get(server.url)
    ((host, date),) = heard
    assert host == "127.0.0.1"
    assert abs(now() - date) < timedelta(minutes=1)


def test_a_compressed_body_is_opened(server: Server, http: Http) -> None:
    server.answers = [Answer(body=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})]
    assert http.get(server.url) == b"hello"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again(
    server: Server, http: Http, waits: list[float], status: int
) -> None:
    server.answers = [Answer(status=status), Answer(status=status), Answer()]
    assert http.get(server.url) == b"hello"
    assert waits == [1.0, 4.0]


def test_a_server_that_stays_in_trouble_is_left(server: Server, http: Http, waits: list[float]) -> None:
    server.answers = [Answer(status=503)]
    with pytest.raises(TemporaryFailure, match="answered 503 Service Unavailable"):
        http.get(server.url)
    assert (len(server.requests), waits) == (4, [1.0, 4.0, 16.0])


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "30"}, 30.0),
        ({"Retry-After": "0"}, 1.0),
        ({"Retry-After": "soon"}, 1.0),
        ({"Retry-After": "9" * 5000}, 1.0),
    ],
)
def test_a_longer_pause_is_granted(
    server: Server, http: Http, waits: list[float], headers: dict[str, str], wait: float
) -> None:
    server.answers = [Answer(status=429, headers=headers), Answer()]
    http.get(server.url)
    assert waits == [wait]


def test_a_very_long_pause_is_left_to_the_next_run(server: Server, http: Http, waits: list[float]) -> None:
    server.answers = [Answer(status=429, headers={"Retry-After": "3600"})]
    with pytest.raises(TemporaryFailure) as failure:
        http.get(server.url)
    assert failure.value.wait == timedelta(hours=1)
    assert waits == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 304])
def test_a_refusal_is_final(server: Server, http: Http, waits: list[float], status: int) -> None:
    server.answers = [Answer(status=status, body=b"")]
    with pytest.raises(PermanentFailure, match=f"answered {status}"):
        http.get(server.url)
    assert (len(server.requests), waits) == (1, [])


def test_a_body_cut_off_is_asked_for_again(server: Server, http: Http) -> None:
    server.answers = [Answer(body=b"hel", announced=5, headers={"Connection": "close"}), Answer()]
    assert http.get(server.url) == b"hello"


@pytest.mark.parametrize("body", [b"x" * 1001, gzip.compress(b"x" * 1001, mtime=0)], ids=["plain", "packed"])
def test_a_body_too_large_is_refused(server: Server, http: Http, body: bytes) -> None:
    headers = {"Content-Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
    server.answers = [Answer(body=body, headers=headers)]
    with pytest.raises(PermanentFailure, match="larger than 1,000 bytes"):
        http.get(server.url)


def test_a_body_of_just_the_limit_is_read(server: Server, http: Http) -> None:
    server.answers = [Answer(body=b"x" * 1000)]
    assert len(http.get(server.url)) == 1000


def test_a_redirect_is_followed(server: Server, http: Http) -> None:
    server.answers = [Answer(status=302, headers={"Location": "/other"}), Answer()]
    assert http.get(f"{server.url}/one") == b"hello"
    assert [path for path, _ in server.requests] == ["/one", "/other"]


def test_redirects_in_a_ring_end(server: Server, http: Http) -> None:
    server.answers = [Answer(status=301, headers={"Location": "/"})]
    with pytest.raises(PermanentFailure, match="more than 5 times"):
        http.get(server.url)


@pytest.mark.parametrize("target", ["http://example.org/", "ftp://example.org/", "file:///etc/passwd"])
def test_a_redirect_to_an_open_line_is_not_followed(server: Server, http: Http, target: str) -> None:
    server.answers = [Answer(status=302, headers={"Location": target})]
    with pytest.raises(PermanentFailure, match="only https"):
        http.get(server.url)


def test_a_key_in_a_url_stays_out_of_the_error(server: Server, http: Http) -> None:
    server.answers = [Answer(status=404)]
    with pytest.raises(PermanentFailure) as failure:
        http.get(f"{server.url.replace('//', '//me:secret@')}/feed?api_key=secret")
    assert "secret" not in str(failure.value)
    assert "/feed" in str(failure.value)


def test_nobody_there_is_a_temporary_failure(http: Http, free_port: Callable[[], int]) -> None:
    with pytest.raises(TemporaryFailure, match="could not be read"):
        http.get(f"http://127.0.0.1:{free_port()}/")


@pytest.fixture
def free_port() -> Callable[[], int]:
    def find() -> int:
        with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
            return int(closed.server_address[1])

    return find
