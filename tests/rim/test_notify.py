"""What systemd hears, over a real socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from vesicle.queue.notify import Notifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def notifier(**environ: str) -> Notifier:
    return Notifier(environ)


def test_each_word_is_one_datagram(tmp_path: Path, manager: socket.socket) -> None:
    one = notifier(NOTIFY_SOCKET=str(tmp_path / "notify"))
    one.ready()
    one.reloading(1_234_567)
    one.status("2 slots\n today")
    one.alive()
    one.stopping()
    assert [manager.recv(4096) for _ in range(5)] == [
        b"READY=1",
        b"RELOADING=1\nMONOTONIC_USEC=1234567",
        b"STATUS=2 slots today",
        b"WATCHDOG=1",
        b"STOPPING=1",
    ]


def test_a_name_with_an_at_sign_is_an_abstract_socket() -> None:
    name = f"vesicle-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.settimeout(5)
        notifier(NOTIFY_SOCKET=f"@{name}").ready()
        assert listening.recv(4096) == b"READY=1"


def test_without_a_manager_nothing_happens() -> None:
    one = notifier()
    one.ready()
    one.alive()


def test_a_manager_that_is_gone_is_logged_once_while_it_lasts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = notifier(NOTIFY_SOCKET=str(tmp_path / "gone"))
    one.ready()
    one.alive()
    assert caplog.messages == ["run.not-notified error=No such file or directory"]
