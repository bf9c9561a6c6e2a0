"""Asking a DNS server on loopback."""

import socket

import pytest
from tests.rim.nameserver import NameServer

from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.net.dns import Dns, Exchanger

ZONES = {
    "lab.test": ["MX 20 b.test", "MX 10 a.test", "A 192.0.2.1", "AAAA 2001:db8::1", "TXT " + "x" * 900],
    "quiet.test": ["MX 0 ."],
    "broken.test": ["FAIL"],
}


def test_records_are_given_whole_and_in_their_order() -> None:
    with NameServer(ZONES) as server:
        names = Dns(server.host, port=server.port)
        assert names.texts("lab.test") == ("x" * 900,)
        assert [one.host for one in names.exchangers("LAB.test.")] == ["a.test", "b.test"]
        assert names.addresses("lab.test") == ("192.0.2.1", "2001:db8::1")
        assert names.exchangers("quiet.test") == (Exchanger(host="", preference=0),)


def test_what_is_not_there_is_nothing() -> None:
    with NameServer(ZONES) as server:
        names = Dns(server.host, port=server.port)
        assert (names.texts("quiet.test"), names.texts("gone.test"), names.addresses("gone.test")) == (
            (),
            (),
            (),
        )


def test_each_question_is_asked_once_also_where_it_fails() -> None:
    with NameServer(ZONES) as server:
        names = Dns(server.host, port=server.port)
        for _ in range(3):
            names.texts("lab.test")
            with pytest.raises(TemporaryFailure, match=r"DNS failed for broken.test \(TXT\)"):
                names.texts("broken.test")
        assert server.asked.count(("lab.test", "TXT")) == 1
        assert server.asked.count(("broken.test", "TXT")) <= 3  # the library's own tries


@pytest.mark.parametrize("name", ["a..test", "x" * 64 + ".test", "\ud800.test"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(PermanentFailure, match="cannot be asked for"):
        Dns("127.0.0.1", port=9).texts(name)


def test_a_server_that_is_silent_three_times_is_asked_nothing_more() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        names = Dns("127.0.0.1", port=silent.getsockname()[1], seconds=0.1)
        for number in range(3):
            with pytest.raises(TemporaryFailure, match=f"did not answer for n{number}.test"):
                names.texts(f"n{number}.test")
        with pytest.raises(TemporaryFailure, match="asked nothing more"):
            names.texts("another.test")
