"""What every mailbox promises, whatever kind it is of."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract import boxes
from tests.contract.boxes import DOVECOT_PROGRAM, Box, Dovecot

from vesicle.ports import Mailbox

KINDS = {
    "maildir": boxes.in_maildir,
    "lmtp": boxes.by_lmtp,
    "imap": boxes.by_imap,
    "old imap": boxes.by_old_imap,
}
LIVE = [
    pytest.mark.live,
    pytest.mark.skipif(
        not DOVECOT_PROGRAM or os.geteuid() != 0, reason="dovecot needs root, and dovecot-imapd"
    ),
]


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with boxes.dovecot() as server:
        yield server


@pytest.fixture(params=[*KINDS, pytest.param("dovecot", marks=LIVE)])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Box]:
    if request.param == "dovecot":
        # One server for all: it takes a second to go.
        server: Dovecot = request.getfixturevalue("dovecot")
        with server.box(f"user-{hashlib.sha256(request.node.name.encode()).hexdigest()[:12]}") as opened:
            yield opened
        return
    with KINDS[request.param](tmp_path) as opened:
        yield opened


def mail(text: str | bytes) -> bytes:
    body = text if isinstance(text, bytes) else text.encode()
    return b"From: server@example.org\r\nSubject: it came back\r\n\r\n" + body + b"\r\n"


def bodies(mailbox: Mailbox) -> list[bytes]:
    return [body(one.content) for one in mailbox.new()]


def body(content: bytes) -> bytes:
    return content.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")


def aside(box: Box, *, is_understood: bool) -> list[bytes]:
    return sorted(map(body, box.aside(is_understood)))


def test_mails_come_oldest_first_until_they_are_put_aside(box: Box) -> None:
    for number in range(5):
        box.put(mail(f"mail {number}"))
    wanted = [f"mail {number}".encode() for number in range(5)]
    assert bodies(box.mailbox) == wanted
    assert bodies(box.mailbox) == wanted
    for number, one in enumerate(box.mailbox.new()):
        box.mailbox.put_aside(one.id, is_understood=number % 2 == 0)
    assert bodies(box.mailbox) == []
    assert aside(box, is_understood=True) == [b"mail 0", b"mail 2", b"mail 4"]
    assert aside(box, is_understood=False) == [b"mail 1", b"mail 3"]


def test_an_empty_mailbox_has_nothing(box: Box) -> None:
    assert bodies(box.mailbox) == []


def test_each_mail_has_an_id_that_stays(box: Box) -> None:
    for text in ("the same", "the same", "another"):
        box.put(mail(text))
    ids = [one.id for one in box.mailbox.new()]
    assert len(set(ids)) == 3
    assert [one.id for one in box.reopened().new()] == ids
    assert all(one.isascii() and one.isprintable() and " " not in one for one in ids)


def test_putting_aside_twice_changes_nothing(box: Box) -> None:
    box.put(mail("one"))
    (one,) = box.mailbox.new()
    for is_understood in (True, True, False):
        box.mailbox.put_aside(one.id, is_understood=is_understood)
    box.reopened().put_aside(one.id, is_understood=False)
    assert aside(box, is_understood=True) == [b"one"]
    assert aside(box, is_understood=False) == []


@pytest.mark.parametrize(
    "mail_id", ["", "1", "7.99", "99.7", "no such", "../tmp/x", ".", "1:*", "a\r\nb", "%00", "1.*"]
)
def test_putting_aside_what_is_not_there_moves_nothing(box: Box, mail_id: str) -> None:
    box.put(mail("one"))
    box.mailbox.put_aside(mail_id, is_understood=True)
    assert bodies(box.mailbox) == [b"one"]
    assert aside(box, is_understood=True) == []


def test_what_was_put_aside_stays_so_for_another_process(box: Box) -> None:
    for text in ("one", "two"):
        box.put(mail(text))
    first, _ = box.mailbox.new()
    another = box.reopened()
    another.put_aside(first.id, is_understood=True)
    assert bodies(another) == bodies(box.mailbox) == bodies(box.reopened()) == [b"two"]


def test_a_mail_that_comes_while_others_are_read_is_there_now_or_next_time(box: Box) -> None:
    for text in ("one", "two"):
        box.put(mail(text))
    seen = []
    for number, one in enumerate(box.mailbox.new()):
        if number == 0:
            box.put(mail("three"))
        seen.append(body(one.content))
        box.mailbox.put_aside(one.id, is_understood=True)
    seen += bodies(box.mailbox)
    assert seen == [b"one", b"two", b"three"]


def test_of_two_readers_each_may_put_aside_what_the_other_has_read(box: Box) -> None:
    for number in range(4):
        box.put(mail(f"mail {number}"))
    another = box.reopened()
    ours, theirs = box.mailbox.new(), another.new()
    for _ in range(2):
        one, same = next(ours), next(theirs)
        assert one.id == same.id
        box.mailbox.put_aside(one.id, is_understood=True)
        another.put_aside(same.id, is_understood=False)
    left = {one.id for one in (*ours, *theirs)}
    for mailbox in (box.mailbox, another):
        for mail_id in left:
            mailbox.put_aside(mail_id, is_understood=True)
    assert aside(box, is_understood=True) == [f"mail {number}".encode() for number in range(4)]
    assert aside(box, is_understood=False) == []
    assert bodies(another) == []


def test_readers_that_stop_in_the_middle_leave_the_rest(box: Box) -> None:
    for number in range(3):
        box.put(mail(f"mail {number}"))
    for one in box.mailbox.new():
        box.mailbox.put_aside(one.id, is_understood=True)
        break
    assert bodies(box.mailbox) == [b"mail 1", b"mail 2"]


@pytest.mark.parametrize(
    "text",
    [
        "ผิวหนัง پوست".encode(),
        bytes(range(128, 256)),
        b".\r\n..\r\n.dot",
        b'a "quoted" {5}\r\n)\r\n* BYE\r\nA1 OK \\',
        b"x" * 5_000 + b"\r\n" + b"\t" * 3_000,
        b"",
        b"\r\n\r\n",
    ],
    ids=["utf-8", "8 bits", "dots", "words of protocols", "long lines", "no body", "empty lines"],
)
def test_a_mail_is_given_byte_for_byte(box: Box, text: bytes) -> None:
    box.put(mail(text))
    (one,) = box.mailbox.new()
    assert one.content.endswith(mail(text))
    box.mailbox.put_aside(one.id, is_understood=False)
    (kept,) = box.aside(False)
    assert kept.endswith(mail(text))


def test_a_mail_with_nul_bytes_is_read(box: Box) -> None:
    box.put(mail(b"before\0after"))
    (one,) = box.mailbox.new()
    assert body(one.content) == b"before\0after" if box.spares_nul else b"before" in body(one.content)
    box.mailbox.put_aside(one.id, is_understood=True)
    assert len(box.aside(True)) == 1


def test_a_mail_of_nothing_at_all_is_a_mail(box: Box) -> None:
    box.put(b"")
    box.put(mail("one"))
    first, second = box.mailbox.new()
    assert body(second.content) == b"one"
    for one in (first, second):
        box.mailbox.put_aside(one.id, is_understood=False)
    assert bodies(box.mailbox) == []
    assert len(box.aside(False)) == 2
