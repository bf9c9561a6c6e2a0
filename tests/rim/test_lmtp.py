"""The listener for LMTP (RFC 2033): what it says, what it keeps, and that it loses nothing."""

import errno
import os
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rim.sending.test_disks import small_disk

from vesicle.mailbox import lmtp
from vesicle.mailbox.lmtp.talk import Talk
from vesicle.model.errors import UserError

MAIL = b"Subject: it came back\r\n\r\nno such user\r\n"
COMMANDS = [b"LHLO x\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<a@example.org>\r\n", b"DATA\r\n"]
WORKER = Path(__file__).with_name("lmtp_worker.py")


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[lmtp.Mailbox]:
    mailbox = lmtp.Mailbox(lmtp.Options(path="returns", port=0), folder=tmp_path)
    with mailbox.listen():
        yield mailbox


@contextmanager
def talking(port: int) -> Iterator[tuple[socket.socket, Iterator[bytes]]]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock, sock.makefile("rb") as replies:
        yield sock, iter(replies.readline, b"")


def said(port: int, *pieces: bytes) -> list[str]:
    """Say *pieces* at once and give all that was answered, without the greeting and what LHLO offers."""
    with talking(port) as (sock, replies):
        sock.sendall(b"LHLO localhost\r\n" + b"".join(pieces) + b"QUIT\r\n")
        answers = [line.decode().rstrip("\r\n") for line in replies]
    greeted = next(number for number, line in enumerate(answers) if line.startswith("250 "))
    assert answers[0].startswith("220 ")
    assert answers[-1].startswith(("221", "421"))
    return answers[greeted + 1 : -1]


def codes(port: int, *pieces: bytes) -> list[str]:
    return [line[:3] for line in said(port, *pieces)]


def envelope(*recipients: str, sender: str = "") -> bytes:
    lines = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{one}>" for one in recipients), "DATA"]
    return "".join(f"{line}\r\n" for line in lines).encode()


def kept(mailbox: lmtp.Mailbox) -> list[bytes]:
    return [one.content for one in mailbox.new()]


class TestTakingMails:
    def test_a_whole_conversation_in_one_piece_is_answered_in_order(self, mailbox: lmtp.Mailbox) -> None:
        mail = envelope("b+one@example.org") + MAIL + b".\r\n"
        assert codes(mailbox.port, mail, mail) == ["250", "250", "354", "250"] * 2
        assert len(kept(mailbox)) == 2

    def test_each_recipient_has_an_answer_and_a_mail_that_says_so(self, mailbox: lmtp.Mailbox) -> None:
        mail = envelope("b+one@example.org", "b+two@example.org", sender="x@example.com") + MAIL + b".\r\n"
        assert codes(mailbox.port, mail) == ["250", "250", "250", "354", "250", "250"]
        assert sorted(kept(mailbox)) == [
            b"Return-Path: <x@example.com>\r\nDelivered-To: b+%s@example.org\r\n" % name + MAIL
            for name in (b"one", b"two")
        ]

    def test_dots_are_put_back(self, mailbox: lmtp.Mailbox) -> None:
        said(mailbox.port, envelope("a@example.org"), b"\r\n..\r\n...\r\n.x\r\n", b".\r\n")
        assert kept(mailbox)[0].endswith(b"\r\n\r\n.\r\n..\r\nx\r\n")

    def test_nothing_but_crlf_dot_crlf_ends_a_mail(self, mailbox: lmtp.Mailbox) -> None:
        """CVE-2023-51764: what follows another end would be read as commands."""
        for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r"):
            body = MAIL + b"x" + end + envelope("evil@example.org") + b"smuggled\r\n.\r\n"
            assert codes(mailbox.port, envelope("a@example.org"), body) == ["250", "250", "354", "250"]
        mails = kept(mailbox)
        assert len(mails) == 5
        assert all(b"Delivered-To: a@example.org" in one and b"smuggled" in one for one in mails)

    def test_8_bits_long_lines_and_utf8_addresses_are_taken(self, mailbox: lmtp.Mailbox) -> None:
        body = bytes(range(256)).replace(b"\r", b"").replace(b"\n", b"") + b"x" * 200_000 + b"\r\n"
        mail = (
            b"MAIL FROM:<> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<"
            + "ผู้อ่าน@example.org".encode()
            + b">\r\nDATA\r\n"
            + body
            + b".\r\n"
        )
        assert codes(mailbox.port, mail) == ["250", "250", "354", "250"]
        assert kept(mailbox)[0].endswith(body)

    @pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 131_071])
    def test_a_line_is_whole_wherever_it_is_cut_while_reading(self, mailbox: lmtp.Mailbox, size: int) -> None:
        body = b"x" * (size - 1) + b"\r\n.\r\n"
        said(mailbox.port, envelope("a@example.org"), body.replace(b"\r\n.\r\n", b"\r\n..\r\n"), b".\r\n")
        assert kept(mailbox)[0].endswith(body)

    def test_a_mail_that_is_too_large_is_refused_for_each_and_the_talk_goes_on(
        self, mailbox: lmtp.Mailbox
    ) -> None:
        large = envelope("a@example.org", "b@example.org") + b"x" * 9_999_998 + b"\r\ny\r\n.\r\n"
        exact = envelope("a@example.org") + b"x" * 9_999_998 + b"\r\n.\r\n"
        told = said(mailbox.port, large, exact)
        wanted = ["250"] * 3 + ["354"] + ["552"] * 2 + ["250"] * 2 + ["354", "250"]
        assert [line[:3] for line in told] == wanted
        assert len(kept(mailbox)) == 1
        assert codes(mailbox.port, b"MAIL FROM:<> SIZE=10000001\r\n") == ["552"]

    def test_more_recipients_than_fit_are_for_the_next_mail(self, mailbox: lmtp.Mailbox) -> None:
        told = codes(
            mailbox.port, envelope(*(f"a{number}@example.org" for number in range(51))), MAIL, b".\r\n"
        )
        assert told == ["250"] * 51 + ["452", "354"] + ["250"] * 50
        assert len(kept(mailbox)) == 50

    def test_a_usual_client_is_understood(self, mailbox: lmtp.Mailbox) -> None:
        with smtplib.LMTP("127.0.0.1", mailbox.port, timeout=30) as client:
            client.ehlo("localhost")
            assert {"pipelining", "8bitmime", "size"} <= set(client.esmtp_features)
            assert client.sendmail("x@example.com", ["a@example.org"], MAIL) == {}
        assert len(kept(mailbox)) == 1


class TestWhatIsNotTaken:
    @pytest.mark.parametrize(
        ("lines", "wanted"),
        [
            (b"EHLO x\r\n", ["500"]),
            (b"HELO x\r\n", ["500"]),
            (b"DATA\r\n", ["503"]),
            (b"RCPT TO:<a@example.org>\r\n", ["503"]),
            (b"MAIL FROM:<>\r\nMAIL FROM:<>\r\n", ["250", "503"]),
            (b"MAIL FROM:<>\r\nDATA\r\n", ["250", "503"]),
            (b"MAIL FROM:<>\r\nRCPT TO:<>\r\n", ["250", "501"]),
            (b"MAIL FROM:<>\r\nRCPT TO:<a\0b@example.org>\r\n", ["250", "501"]),
            (b"MAIL FROM:<>\r\nRCPT TO:<a@b>\rX: y\r\n", ["250", "501"]),
            (b"MAIL FROM:<>\r\nRSET\r\nRCPT TO:<a@example.org>\r\n", ["250", "250", "503"]),
            (b"MAIL x\r\nWHAT\r\n\r\n", ["501", "500", "500"]),
            (b"VRFY x\r\nNOOP\r\n", ["252", "250"]),
        ],
    )
    def test_what_is_out_of_order_is_refused(
        self, mailbox: lmtp.Mailbox, lines: bytes, wanted: list[str]
    ) -> None:
        assert codes(mailbox.port, lines) == wanted
        assert kept(mailbox) == []

    def test_before_lhlo_nothing_is_taken(self, mailbox: lmtp.Mailbox) -> None:
        with talking(mailbox.port) as (sock, replies):
            sock.sendall(b"MAIL FROM:<>\r\n")
            assert [next(replies)[:3], next(replies)[:3]] == [b"220", b"503"]

    def test_a_line_without_end_and_mistakes_without_end_end_the_talk(self, mailbox: lmtp.Mailbox) -> None:
        for words in (b"x" * 5_000, b"WHAT\r\n" * 50):
            with talking(mailbox.port) as (sock, replies):
                sock.sendall(words)
                assert [line[:3] for line in replies][-1] in (b"500", b"421")

    def test_a_connection_that_ends_within_a_mail_leaves_nothing(self, mailbox: lmtp.Mailbox) -> None:
        with talking(mailbox.port) as (sock, replies):
            sock.sendall(b"LHLO x\r\n" + envelope("a@example.org") + MAIL)
            sock.shutdown(socket.SHUT_WR)
            assert list(replies)[-1].startswith(b"354")
        assert kept(mailbox) == []

    @given(words=st.lists(st.binary(max_size=30) | st.sampled_from(COMMANDS)))
    @settings(max_examples=100)
    def test_whatever_is_said_no_error_comes_out(self, words: list[bytes]) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(b"".join(words))
            theirs.shutdown(socket.SHUT_WR)
            talk = Talk(ours, keep=lambda _: None, name="localhost")
            try:
                talk.run()
            except ConnectionError:
                assert b"DATA\r\n" in b"".join(words)

    @pytest.mark.parametrize(
        ("number", "code"), [(errno.ENOSPC, "452"), (errno.EDQUOT, "452"), (errno.EIO, "451")]
    )
    def test_a_disk_that_does_not_keep_a_mail_asks_for_it_again(self, number: int, code: str) -> None:
        def keep(_: bytes) -> None:
            raise OSError(number, os.strerror(number))

        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(
                b"LHLO x\r\n" + envelope("a@example.org", "b@example.org") + MAIL + b".\r\nQUIT\r\n"
            )
            Talk(ours, keep=keep, name="localhost").run()
            ours.shutdown(socket.SHUT_WR)
            with theirs.makefile("rb") as replies:
                assert [line[:3].decode() for line in replies][-3:] == [code, code, "221"]


class TestListening:
    @pytest.mark.parametrize(
        "host", ["0.0.0.0", "::", "192.0.2.1", "mail.example.org", "localhost.example.org", ""]
    )
    def test_only_addresses_of_this_machine_are_listened_on(self, host: str) -> None:
        with pytest.raises(ValueError, match=r"would take mails from everybody .* \| write 127\.0\.0\.1"):
            lmtp.Options(path="returns", host=host)

    def test_a_port_that_is_taken_is_told_with_a_mend(self, mailbox: lmtp.Mailbox, tmp_path: Path) -> None:
        other = lmtp.Mailbox(lmtp.Options(path="other", port=mailbox.port), folder=tmp_path)
        with pytest.raises(UserError, match="nobody can listen for LMTP") as caught, other.listen():
            pass
        assert "another `port`" in caught.value.problems[0].mend

    def test_at_the_end_a_mail_that_came_as_a_whole_is_answered(self, tmp_path: Path) -> None:
        mailbox = lmtp.Mailbox(lmtp.Options(path="returns", port=0), folder=tmp_path)
        with mailbox.listen():
            idle = socket.create_connection(("127.0.0.1", mailbox.port), timeout=30)
            with talking(mailbox.port) as (sock, replies):
                sock.sendall(b"LHLO x\r\n" + envelope("a@example.org") + MAIL + b".\r\n")
                answers = [next(replies) for _ in range(11)]
        with idle:
            assert answers[-1].startswith(b"250 2.0.0 kept")
            assert len(kept(mailbox)) == 1

    def test_more_connections_than_fit_are_asked_to_come_later(self, mailbox: lmtp.Mailbox) -> None:
        many = [socket.create_connection(("127.0.0.1", mailbox.port), timeout=30) for _ in range(51)]
        greetings = [one.recv(3) for one in many]
        for one in many:
            one.close()
        assert greetings == [b"220"] * 50 + [b"421"]


def test_killed_after_its_answer_the_mail_is_there(tmp_path: Path) -> None:
    """What was answered with 250 is kept; what was not may be kept or not, but never half of it."""
    answered = 0
    command = [sys.executable, str(WORKER), str(tmp_path)]
    for number in range(5):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout
            with talking(int(process.stdout.readline())) as (sock, replies):
                sock.sendall(b"LHLO x\r\n" + (envelope("a@example.org") + MAIL + b".\r\n") * 20)
                answers = (line for line in replies if b"kept" in line)
                answered += len(list(islice(answers, 1 + 3 * number)))
                process.kill()
    mails = kept(lmtp.Mailbox(lmtp.Options(path="returns"), folder=tmp_path))
    assert answered == 35
    assert answered <= len(mails) <= 100
    assert all(one.endswith(MAIL) for one in mails)


@pytest.mark.live
@pytest.mark.skipif(sys.platform != "linux", reason="a small disk is mounted")
def test_on_a_full_disk_no_mail_is_answered_with_250_and_with_room_again_it_is_taken(tmp_path: Path) -> None:
    (tmp_path / "returns").mkdir()
    with small_disk(tmp_path / "returns"):
        mailbox = lmtp.Mailbox(lmtp.Options(path="returns", port=0), folder=tmp_path)
        with mailbox.listen():
            mail = envelope("a@example.org") + b"x" * 5_000_000 + b"\r\n.\r\n"
            told = codes(mailbox.port, *[mail] * 6)
            assert told[3::4] == ["250"] * 3 + ["452"] * 3
            assert len(kept(mailbox)) == 3
            assert os.listdir(tmp_path / "returns" / "tmp") == []
            next((tmp_path / "returns" / "new").iterdir()).unlink()
            assert codes(mailbox.port, mail)[-1] == "250"
