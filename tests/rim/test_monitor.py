"""`/health` and `/metrics`, asked over loopback and read by Prometheus's own parser."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from vesicle.model.delivery import Delivery, Outcome, State
from vesicle.model.figures import Figures
from vesicle.model.message import Message
from vesicle.model.pulse import Lane, Pulse
from vesicle.pipeline.counts import ENDINGS, Counts
from vesicle.testing.clock import FixedClock
from vesicle.web.metrics import metrics
from vesicle.web.monitor import MOST_AT_ONCE, Shown, monitoring

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)
LANES = {
    "conditioned-media": Lane(last_look=NOW, open_slots=1, next_slot=NOW + timedelta(days=7)),
    'odd "name"\n': Lane(),
}
PULSE = Pulse(started=NOW, every=timedelta(seconds=10), last_sign=NOW, last_tick=NOW, lanes=LANES)


@dataclass
class Daemon:
    """What is shown, and where."""

    port: int = 0
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    figures: Figures = field(
        default_factory=lambda: Figures(
            pulse=PULSE,
            ended={("email", State.SENT): 12, ("email", State.FAILED): 0},
            slots={"done": 5, "missed": 1},
            sources={"pubmed": NOW},
            database_bytes=4096,
            free_bytes=10_000,
        )
    )

    def ask(
        self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def metrics(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        _, _, body = self.ask("/metrics")
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(body)
            for sample in family.samples
        }


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    made = Daemon()
    shown = Shown(
        pulse=lambda: made.figures.pulse,
        metrics=metrics(lambda: made.figures, made.clock),
        clock=made.clock,
    )
    with monitoring(shown, host="127.0.0.1", port=0) as port:
        made.port = port
        yield made


def test_health_is_200_while_there_is_a_sign_and_503_after(daemon: Daemon) -> None:
    status, headers, body = daemon.ask("/health")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body)["alive"] is True
    daemon.clock.forward(timedelta(minutes=3))
    status, _, body = daemon.ask("/health")
    assert (status, json.loads(body)["alive"]) == (503, False)


def test_the_metrics_are_what_prometheus_reads(daemon: Daemon) -> None:
    _, headers, _ = daemon.ask("/metrics")
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = daemon.metrics()
    at = NOW.timestamp()
    assert {name: value for name, value in found.items() if name[0].startswith("vesicle_")} == {
        ("vesicle_up", ()): 1,
        ("vesicle_last_tick_failed", ()): 0,
        ("vesicle_config_generation", ()): 1,
        ("vesicle_started_timestamp_seconds", ()): at,
        ("vesicle_last_tick_timestamp_seconds", ()): at,
        ("vesicle_slots_open", (("lane", "conditioned-media"),)): 1,
        ("vesicle_slots_open", (("lane", 'odd "name"\n'),)): 0,
        ("vesicle_last_look_timestamp_seconds", (("lane", "conditioned-media"),)): at,
        ("vesicle_next_slot_timestamp_seconds", (("lane", "conditioned-media"),)): at + 7 * 86_400,
        ("vesicle_deliveries_total", (("channel", "email"), ("state", "failed"))): 0,
        ("vesicle_deliveries_total", (("channel", "email"), ("state", "sent"))): 12,
        ("vesicle_slots_total", (("state", "done"),)): 5,
        ("vesicle_slots_total", (("state", "missed"),)): 1,
        ("vesicle_source_success_timestamp_seconds", (("source", "pubmed"),)): at,
        ("vesicle_database_bytes", ()): 4096,
        ("vesicle_disk_free_bytes", ()): 10_000,
    }


def test_the_metrics_tell_memory_and_cpu_of_the_process(daemon: Daemon) -> None:
    found = daemon.metrics()
    assert found["process_resident_memory_bytes", ()] > 1_000_000
    assert found["process_cpu_seconds_total", ()] > 0


def test_a_daemon_that_is_silent_or_fails_is_a_metric(daemon: Daemon) -> None:
    daemon.figures = replace(daemon.figures, pulse=replace(PULSE, last_error="TemporaryFailure"))
    daemon.clock.forward(timedelta(minutes=3))
    found = daemon.metrics()
    assert (found["vesicle_up", ()], found["vesicle_last_tick_failed", ()]) == (0, 1)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:9000", "LOCALHOST:1", "127.0.0.2", "[::1]:80", "[::1]"]
)
def test_it_answers_under_the_names_of_this_machine(daemon: Daemon, host: str) -> None:
    assert daemon.ask("/health", headers={"Host": host})[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.0.2.1", "", "[::2]:80", "localhost:x"]
)
def test_under_no_other_name(daemon: Daemon, host: str) -> None:
    status, _, body = daemon.ask("/metrics", headers={"Host": host})
    assert status == 421
    assert "vesicle_" not in body


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_there_is_no_other_method(daemon: Daemon, method: str) -> None:
    status, headers, _ = daemon.ask("/health", method=method)
    assert (status, headers["Allow"]) == (405, "GET")


def test_there_is_nothing_else(daemon: Daemon) -> None:
    assert daemon.ask("/")[0] == 404
    assert daemon.ask("/metrics/../x")[0] == 404
    assert daemon.ask("/health", method="BREW")[0] == 501


def test_who_connects_and_says_nothing_keeps_nobody_else_out_and_no_more_than_a_few_do(
    daemon: Daemon,
) -> None:
    idle = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(MOST_AT_ONCE - 1)]
    assert daemon.ask("/health")[0] == 200
    for one in idle:
        one.close()


def test_where_nobody_can_listen_that_is_an_error(daemon: Daemon) -> None:
    shown = Shown(pulse=lambda: PULSE, metrics=bytes, clock=daemon.clock)
    with pytest.raises(OSError, match="in use"), monitoring(shown, host="127.0.0.1", port=daemon.port):
        raise AssertionError("a second one listens")


def test_it_can_listen_by_ipv6() -> None:
    shown = Shown(pulse=lambda: PULSE, metrics=bytes, clock=FixedClock(NOW))
    with monitoring(shown, host="::1", port=0) as port:
        connection = http.client.HTTPConnection("::1", port, timeout=10)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        connection.close()


def test_deliveries_are_counted_by_channel_and_ending() -> None:
    counts = Counts(["email", "bluesky"])
    assert set(counts.read()) == {(channel, state) for channel in ("email", "bluesky") for state in ENDINGS}
    assert set(counts.read().values()) == {0}
    message = Message(channel="email", slug="one", lang="en", text="One")
    one = Delivery(key="k", frozen="one", message=message, token="t", attempts=1)
    for state in (State.SENT, State.SENT, State.FAILED):
        counts.add(one, Outcome(state=state, at=NOW))
    found = counts.read()
    assert found[one.message.channel, State.SENT] == 2
    assert found[one.message.channel, State.FAILED] == 1
