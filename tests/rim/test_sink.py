"""The counting sink: what it accepts is in its record, before it says so, however the bytes come."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the sink ends by SIGTERM")

ENVELOPE = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<%b@example.org>\r\nDATA\r\n"
MAIL = b"Subject: x\r\nMessage-ID: <%b@example.org>\r\n\r\nNine donors.\r\n.\r\n"


class Sink:
    def __init__(self, process: "subprocess.Popen[str]", record: Path) -> None:
        assert process.stdout
        self.process, self.record, self.steps = process, record, process.stdout
        self.port = int(self.steps.readline().removeprefix("port "))

    def accepted(self) -> list[str]:
        return self.record.read_text().splitlines()

    def until(self, start: str) -> str:
        """Give the next step that starts so."""
        return next(line.rstrip("\n") for line in self.steps if line.startswith(start))


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Sink]:
    command = [sys.executable, "-m", "vesicle.testing.sink", str(folder / "record"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Sink(process, folder / "record")
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()


@contextmanager
def talk(sink: Sink) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", sink.port), 20) as one:
        assert heard(one, 1) == ["220"]
        yield one


def heard(one: socket.socket, count: int) -> list[str]:
    """Read *count* replies of one line and give their codes."""
    text = b""
    while text.count(b"\r\n") < count:
        more = one.recv(4096)
        assert more
        text += more
    return [line[:3].decode() for line in text.splitlines()]


def test_a_pipelined_envelope_behind_a_final_dot_is_understood(tmp_path: Path) -> None:
    with running(tmp_path) as sink, talk(sink) as one:
        one.sendall(ENVELOPE % b"one")
        assert heard(one, 3) == ["250", "250", "354"]
        one.sendall(MAIL % b"1" + ENVELOPE % b"two")
        assert heard(one, 4) == ["250", "250", "250", "354"]
        one.sendall(MAIL % b"2")
        assert heard(one, 1) == ["250"]
        assert sink.accepted() == ["1@example.org one@example.org", "2@example.org two@example.org"]


def test_bytes_that_come_one_by_one_are_the_same_mail(tmp_path: Path) -> None:
    with running(tmp_path) as sink, talk(sink) as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in ENVELOPE % b"one" + MAIL % b"1":
            one.sendall(bytes([byte]))
        assert heard(one, 4) == ["250", "250", "354", "250"]
        assert sink.accepted() == ["1@example.org one@example.org"]


@pytest.mark.parametrize(("options", "before"), [((), 0), (("--keeps-first",), 1)])
def test_who_leaves_after_the_dot_has_handed_the_mail_over(
    tmp_path: Path, options: Sequence[str], before: int
) -> None:
    with running(tmp_path, "--delay", "0.2", *options) as sink:
        with talk(sink) as one:
            one.sendall(ENVELOPE % b"one" + MAIL % b"1")
            sink.until("dot")
            assert len(sink.accepted()) >= before
        assert sink.until("gone") == "gone 1 dot one@example.org"
        assert sink.accepted() == ["1@example.org one@example.org"]


def test_a_mail_without_its_dot_is_none(tmp_path: Path) -> None:
    with running(tmp_path) as sink:
        with talk(sink) as one:
            one.sendall(ENVELOPE % b"one" + (MAIL % b"1").removesuffix(b".\r\n"))
        assert sink.until("gone") == "gone 1 data one@example.org"
        assert sink.accepted() == []


@pytest.mark.parametrize(("options", "offers"), [((), True), (("--plain",), False)])
def test_pipelining_is_offered_unless_told_otherwise(
    tmp_path: Path, options: Sequence[str], offers: bool
) -> None:
    with running(tmp_path, *options) as sink, talk(sink) as one:
        one.sendall(b"EHLO me\r\nQUIT\r\n")
        said = b"".join(iter(lambda: one.recv(4096), b""))
        assert (b"PIPELINING" in said) is offers
        assert said.endswith(b"221 bye\r\n")


def test_behind_a_shut_gate_nobody_is_greeted(tmp_path: Path) -> None:
    with running(tmp_path) as sink:
        sink.process.send_signal(signal.SIGUSR2)
        sink.until("shut")
        with socket.create_connection(("127.0.0.1", sink.port), 20) as one:
            sink.until("open")
            one.setblocking(False)
            with pytest.raises(BlockingIOError):
                one.recv(1)
            one.setblocking(True)
            sink.process.send_signal(signal.SIGUSR1)
            assert heard(one, 1) == ["220"]


def test_what_it_does_not_know_it_says(tmp_path: Path) -> None:
    with running(tmp_path) as sink, talk(sink) as one:
        one.sendall(b"VRFY a\r\nDATA\r\nHELO me\r\nRSET\r\n")
        assert heard(one, 4) == ["502", "503", "250", "250"]
