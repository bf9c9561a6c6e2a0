"""Anybody can write to a mailbox: whatever they write, reading it ends soon and raises nothing."""

import random
import time
from email import message_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.learn.mails import LEAVE, PROSE, TOKEN, complaint, group, plain, report, status

from vesicle.learn.mail import Kind, delivery, read
from vesicle.learn.mail.mime import MOST_BYTES, taken_apart, walk

SAMPLES = [
    report(status(group(), group("delayed", "4.4.1"))),
    report(status(group(recipient=r"utf-8; \x{110000}\x{41}@example.com"))),
    complaint(envelope=f"Original-Mail-From: <b+{TOKEN}@bounce.example.org>\n"),
    plain(f"leave+{LEAVE}@bounce.example.org"),
    plain(f"b+{TOKEN}@bounce.example.org", sender="MAILER-DAEMON@mx.example.com", body=PROSE),
    plain("x@example.org", subject="=?utf-8?b?////?= =?x-none?q?=ff?=", header="Precedence: bulk\n"),
]
KINDS = ("message/delivery-status", "message/feedback-report", "text/rfc822-headers")
HOSTILE = [
    b"",
    b"\n",
    b"\0" * 1000,
    b"From ",
    b"Content-Type: multipart/report; boundary=\n\n--\n--\n",
    b'Content-Type: multipart/report; boundary="\n\n--x\n',
    b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * 10_000,
    b"Content-Transfer-Encoding: base64\nContent-Type: message/delivery-status\n\n=\n",
    b"Content-Type: text/plain; charset=idna\n\n" + b"\xff" * 100,
    b"Subject: " + b"=?utf-8?q?" * 1000,
    b"Subject: =?utf-8?b?\xff?=\nDate: Mon, 99 Foo 99999 99:99:99 +9999\n\n",
    b"From: " + b"<" * 8000 + b"\n\n",
    b"To: " + b"b+" * 100_000 + b"\n\n",
]


def nested(depth: int) -> bytes:
    """Multiparts within each other, each with a report's type, and a report at the bottom."""
    heads = b"".join(
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b%d\n\n--b%d\n" % (one, one)
        for one in range(depth)
    )
    return b"From: MAILER-DAEMON@example.com\n" + heads + status(group()).encode()


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_broken_on_purpose_raises_or_is_an_event(content: bytes) -> None:
    assert read(content).events == ()


@given(st.binary(max_size=3000))
def test_bytes_of_any_kind_raise_nothing(content: bytes) -> None:
    read(content)


@given(st.data(), st.sampled_from(SAMPLES))
@settings(max_examples=400)
def test_a_mail_with_anything_changed_in_it_raises_nothing(data: st.DataObject, content: bytes) -> None:
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(content)))
        end = min(len(content), start + data.draw(st.integers(0, 60)))
        piece = data.draw(
            st.sampled_from([b"", b"\n", b"\r", b"\n\n", b"--=_x--", b"\0", b"\xff", b":", b";"])
        )
        content = content[:start] + piece + content[end:]
    reading = read(content)
    assert (reading.kind is Kind.EVENTS) == bool(reading.events)
    for event in reading.events:
        assert len(event.reason) <= 300
        assert event.reason.isprintable()
        assert len(event.id) == 32


@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_a_server_says_is_one_line_of_a_reason(said: str, status_text: str) -> None:
    content = report(status(group(code=status_text, more=f"Diagnostic-Code: smtp; {said}")))
    assert all("\n" not in event.reason for event in read(content).events)


@pytest.mark.parametrize("depth", [3, 50, 2000])
def test_a_report_within_many_others_is_read_to_a_depth_that_ends(depth: int) -> None:
    assert bool(delivery.events(taken_apart(nested(depth)))) == (depth == 3)
    read(nested(depth))


def test_a_mail_of_many_parts_ends_early() -> None:
    part = b"--y\n\n\n" * 70
    inner = b"--x\nContent-Type: multipart/mixed; boundary=y\n\n" + part
    mail = taken_apart(b"Content-Type: multipart/mixed; boundary=x\n\n" + inner * 70)
    assert sum(1 for _ in walk(mail)) == 200


FILLINGS = [
    b"a",
    b"\n",
    b"a@",
    b"5.1.1 ",
    b"<",
    b" \n",
    b"=?utf-8?q?=41?= ",
    b"b+",
    b"--x\n",
    b"X: y\n",
    b": ",
]


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("head", [b"", b"Subject: ", b"Content-Type: multipart/report; boundary=x\n\n--x\n"])
def test_ten_megabytes_of_anything_are_read_within_seconds(filling: bytes, head: bytes) -> None:
    content = head + filling * (MOST_BYTES // len(filling))
    began = time.process_time()
    read(content)
    assert time.process_time() - began < 3


SLOW = [
    b"Message not delivered to the following addresses" + b" " * 64_000,
    b"A message that you sent could not be delivered" + b"<" * 64_000,
    b"Your message to:" + b" " * 64_000,
    b"Content-Transfer-Encoding: base64\nContent-Type: text/plain\n\n" + b"PDw8" * 16_000,
]
"""Lines that patterns of flufl.bounce take 16 seconds for, where they are given them whole."""


@pytest.mark.parametrize("body", SLOW, ids=range(len(SLOW)))
def test_a_line_that_is_made_to_be_slow_is_not(body: bytes) -> None:
    head = (
        b"From: postmaster@example.com\nX-Mailer: Novell\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
    )
    began = time.process_time()
    read(b"From: MAILER-DAEMON@example.com\n\n" + body)
    read(head + body + b"\n--x--\n")
    assert time.process_time() - began < 5


def test_a_report_in_front_of_ten_megabytes_is_read_and_what_is_beyond_is_not() -> None:
    content = report(status(group()))
    assert read(content + b"x" * MOST_BYTES).events == read(content).events
    assert read(b"x" * MOST_BYTES + b"\n" + content).events == ()


def test_the_parser_agrees_with_the_standard_library_on_mails_that_are_well_formed() -> None:
    for sample in SAMPLES:
        theirs = message_from_bytes(sample)
        ours = taken_apart(sample)
        assert [name for name, _ in ours.fields] == [name.lower() for name in theirs]
        assert ours.type == theirs.get_content_type()
        parts = [part for part in theirs.walk() if part is not theirs and theirs.is_multipart()]
        # Below a report it makes a mail of each group of fields, and of what a mail holds.
        kinds = [part.get_content_type() for part in parts if part.get_content_type() in KINDS]
        assert [part.type for part in ours.parts if part.type in KINDS] == kinds


def test_lines_that_are_shuffled_raise_nothing() -> None:
    drawn = random.Random(7)
    for sample in SAMPLES * 50:
        lines = sample.split(b"\n")
        drawn.shuffle(lines)
        read(b"\n".join(lines))
