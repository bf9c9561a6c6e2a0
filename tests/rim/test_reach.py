"""An address that answers, or does not, asked by the standard library alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.net.reach import reach


@contextmanager
def answering(*statuses: int) -> Iterator[tuple[str, list[str]]]:
    """Answer on loopback with one status after the other; give the address and what was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(statuses[min(len(asked), len(statuses)) - 1])
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def nothing(_: float) -> None:
    """Wait for nothing."""


def test_what_answers_is_reached_with_its_query() -> None:
    with answering(204) as (url, asked):
        reach(f"{url}/u/token?x=1", wait=nothing)
    assert asked == ["/u/token?x=1"]


def test_one_that_fails_is_asked_once_more_after_a_pause() -> None:
    waits: list[float] = []
    with answering(503, 200) as (url, asked):
        reach(url, wait=waits.append)
    assert (asked, waits) == (["/", "/"], [1.0])


@pytest.mark.parametrize(
    ("status", "kind"),
    [(503, TemporaryFailure), (429, TemporaryFailure), (302, PermanentFailure), (404, PermanentFailure)],
)
def test_any_other_answer_is_a_failure_that_names_the_host_alone(status: int, kind: type[Exception]) -> None:
    with answering(status) as (url, asked), pytest.raises(kind) as caught:
        reach(f"{url}/secret", wait=nothing)
    assert str(caught.value) == f"127.0.0.1 answered {status}"
    assert "elsewhere" not in asked


def test_nobody_at_the_address_is_a_failure_that_may_pass() -> None:
    with answering(200) as (url, _):
        pass
    with pytest.raises(TemporaryFailure, match="could not be reached"):
        reach(url, wait=nothing)


@pytest.mark.parametrize("url", ["http://example.org/", "ftp://127.0.0.1/", "file:///etc/passwd", "x"])
def test_only_https_and_this_machine_are_asked(url: str) -> None:
    with pytest.raises(PermanentFailure, match="is not asked"):
        reach(url, wait=nothing)
