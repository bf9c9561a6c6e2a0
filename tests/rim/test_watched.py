"""A daemon as others see it: what the settings switch on, asked from outside."""

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from prometheus_client.parser import text_string_to_metric_families

from vesicle.app import App
from vesicle.app.monitoring import Reading, vigil
from vesicle.cli._watched import watched
from vesicle.model.errors import TemporaryFailure, UserError
from vesicle.model.paper import Cursor, Harvest
from vesicle.model.pulse import Lane
from vesicle.pipeline.counts import Counts
from vesicle.queue import health
from vesicle.testing.clock import FixedClock

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)
EVERY = timedelta(seconds=10)
SAMPLE = (Path(__file__).resolve().parents[2] / "config.yaml").read_text()


def no_slots() -> Mapping[str, int]:
    return {}


def site(folder: Path, *, monitor: str = "", **environ: str) -> App:
    (folder / "config.yaml").write_text(SAMPLE.replace("enabled: false", "enabled: true") + monitor)
    return App(folder, clock=FixedClock(NOW), environ={"VESICLE_KEY": "k" * 64, **environ})


def free_port() -> int:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, "Queue[str]"]]:
    """A server that is called, and hears each path."""
    heard: Queue[str] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.put(self.path)
            self.send_response(302 if "redirect" in self.path else 200)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
        server.shutdown()
        thread.join()


def test_as_it_comes_nothing_listens_and_the_health_file_is_written(tmp_path: Path) -> None:
    with watched(site(tmp_path), every=EVERY, slots=no_slots) as found:
        assert found.port == 0
        found.vigil.ticked({"conditioned-media": Lane(open_slots=1)})
        pulse = health.read(tmp_path / health.FILE)
    assert pulse
    assert pulse.lanes["conditioned-media"].open_slots == 1


def test_with_a_port_health_and_metrics_answer(tmp_path: Path) -> None:
    port = free_port()
    app = site(tmp_path, monitor=f"monitor: {{port: {port}}}\n")
    with watched(app, every=EVERY, slots=lambda: {"missed": 2}) as found:
        found.vigil.ticked({})
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
    values = {one.name: one for family in text_string_to_metric_families(text) for one in family.samples}
    assert values["vesicle_up"].value == 1
    assert values["vesicle_slots_total"].value == 2
    assert values["vesicle_disk_free_bytes"].value > 0


def test_a_port_that_is_taken_is_a_mistake_of_the_settings(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        app = site(tmp_path, monitor=f"monitor: {{port: {server.server_address[1]}}}\n")
        with pytest.raises(UserError, match="nothing can listen"), watched(app, every=EVERY, slots=no_slots):
            raise AssertionError("a second one listens")


def test_the_figures_tell_when_a_source_last_ran_to_its_end(tmp_path: Path) -> None:
    app = site(tmp_path)
    app.inbox.finish(Harvest(source="pubmed", found=0, new=0), Cursor(), now=NOW)
    reading = Reading(app=app, vigil=vigil(app, every=EVERY), counts=Counts([]), slots=no_slots)
    figures = reading()
    assert figures.sources == {"pubmed": NOW}
    assert figures.database_bytes > 0


def test_a_database_that_does_not_answer_is_left_out(tmp_path: Path) -> None:
    def away() -> Mapping[str, int]:
        raise TemporaryFailure("locked")

    app = site(tmp_path)
    found = Reading(app=app, vigil=vigil(app, every=EVERY), counts=Counts([]), slots=away)()
    assert (found.slots, found.pulse.started) == ({}, NOW)


HEART = "monitor: {heartbeat_url: env:HEART}\n"


def test_the_heartbeat_is_called_after_a_good_tick_alone(
    tmp_path: Path, elsewhere: tuple[str, "Queue[str]"]
) -> None:
    url, heard = elsewhere
    watch = vigil(site(tmp_path, monitor=HEART, HEART=f"{url}/t0ken"), every=EVERY)
    watch.ticked({}, error="TemporaryFailure")
    watch.ticked({})
    watch.ticked({})
    assert heard.get(timeout=10) == "/t0ken"
    assert heard.empty()


def test_a_redirect_of_the_heartbeat_is_not_followed_and_its_url_not_logged(
    tmp_path: Path, elsewhere: tuple[str, "Queue[str]"], caplog: pytest.LogCaptureFixture
) -> None:
    url, heard = elsewhere
    app = site(tmp_path, monitor=HEART, HEART=f"{url}/redirect")
    with caplog.at_level(logging.INFO, "vesicle"), pytest.raises(Exception, match="answered 302"):
        app.outside.reach(f"{url}/redirect")
    assert heard.get(timeout=10) == "/redirect"
    assert heard.empty()
    assert f"{url}/redirect" in app.secrets


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "has no variable HEART"),
        ({"HEART": "http://hc.example/t0ken"}, "no URL that can be called"),
        ({"HEART": "ftp://hc.example/t0ken"}, "no URL that can be called"),
        ({"HEART": "t0ken"}, "no URL that can be called"),
        ({"HEART": "https://"}, "no URL that can be called"),
    ],
)
def test_a_heartbeat_that_cannot_be_called_is_named_without_its_url(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    with pytest.raises(UserError, match=words) as caught:
        vigil(site(tmp_path, monitor=HEART, **environ), every=EVERY)
    (problem,) = caught.value.problems
    assert "t0ken" not in json.dumps([problem.text, problem.mend])
    assert problem.where.line


@pytest.mark.parametrize(
    ("monitor", "code"),
    [
        ("monitor: {heartbeat_url: https://hc.example/t0ken}", "fields.wrong-value"),
        ("monitor: {host: 0.0.0.0}", "fields.wrong-value"),
        ("monitor: {host: example.org}", "fields.wrong-value"),
        ("monitor: {port: 70000}", "fields.wrong-type"),
        ("logging: {format: xml}", "fields.not-allowed"),
        ("logging: {keep_days: 0}", "fields.wrong-type"),
    ],
)
def test_a_slip_in_the_settings_is_named(tmp_path: Path, monitor: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        site(tmp_path, monitor=f"{monitor}\n")
    assert [one.code for one in caught.value.problems] == [code]
    assert "t0ken" not in caught.value.problems[0].text
