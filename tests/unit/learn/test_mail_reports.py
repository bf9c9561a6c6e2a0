"""Delivery status notifications and feedback reports, by the rules that they are written to."""

from datetime import UTC, datetime

import pytest
from tests.unit.learn.mails import LEAVE, OUR_ID, OURS, READER, TOKEN, complaint, group, report, status

from vesicle.learn.mail import Kind, read
from vesicle.model.event import Event, EventType


def the_event(content: bytes) -> Event:
    reading = read(content)
    assert reading.kind is Kind.EVENTS
    [event] = reading.events
    return event


def test_a_report_of_an_unknown_mailbox_is_a_permanent_bounce_with_all_that_is_known() -> None:
    event = the_event(report(status(group())))
    assert event.type is EventType.BOUNCED
    assert event.is_permanent
    assert (event.source, event.code, event.recipient) == ("mail", "5.1.1", READER)
    assert (event.token, event.message_id) == (TOKEN, OUR_ID)
    assert event.at == datetime(2026, 11, 26, 8, tzinfo=UTC)
    assert event.reason == "smtp; 550 5.1.1 <reader@example.com>: User unknown"


@pytest.mark.parametrize(
    ("action", "code", "type_", "is_permanent"),
    [
        ("failed", "5.1.10", EventType.BOUNCED, True),
        ("failed", "5.2.1", EventType.BOUNCED, True),
        ("failed", "5.4.4", EventType.BOUNCED, True),
        ("failed", "5.2.2", EventType.BOUNCED, False),
        ("failed", "4.4.7", EventType.BOUNCED, False),
        ("failed", "5.7.1", EventType.REJECTED, False),
        ("failed", "5.1.8", EventType.REJECTED, False),
        ("failed", "5.3.4", EventType.REJECTED, False),
        ("Failed (bad mailbox)", "5.1.1 (no such user)", EventType.BOUNCED, True),
        ("failure", "5.1.1", EventType.BOUNCED, True),
        ("delayed", "4.4.1", EventType.DEFERRED, False),
        ("delayed", "5.1.1", EventType.DEFERRED, False),
        ("delivered", "2.0.0", EventType.DELIVERED, False),
        ("relayed", "2.0.0", EventType.DELIVERED, False),
        ("expanded", "2.0.0", EventType.DELIVERED, False),
        ("tired", "5.1.1", EventType.BOUNCED, True),
        ("tired", "4.1.1", EventType.DEFERRED, False),
    ],
)
def test_action_and_status_decide(action: str, code: str, type_: EventType, is_permanent: bool) -> None:
    event = the_event(report(status(group(action, code, more=""))))
    assert (event.type, event.is_permanent) == (type_, is_permanent)


@pytest.mark.parametrize(
    ("said", "code", "type_", "is_permanent"),
    [
        ("smtp; 550 5.1.1 no such user", "5.1.1", EventType.BOUNCED, True),
        ("smtp; 550-5.7.1 our system has detected", "5.7.1", EventType.REJECTED, False),
        ("smtp; 552 5.2.2 over quota", "5.2.2", EventType.BOUNCED, False),
        ("smtp; 552 mailbox full", "5.0.0", EventType.BOUNCED, False),
        ("smtp; 550 blocked, you are on a blacklist", "5.0.0", EventType.REJECTED, False),
        ("smtp; 550 no such user", "5.0.0", EventType.BOUNCED, True),
    ],
)
def test_the_servers_own_code_wins_over_one_that_says_nothing(
    said: str, code: str, type_: EventType, is_permanent: bool
) -> None:
    event = the_event(report(status(group(code="5.0.0", more=f"Diagnostic-Code: {said}"))))
    assert (event.code, event.type, event.is_permanent) == (code, type_, is_permanent)


def test_a_code_that_means_something_is_not_overruled_by_words() -> None:
    event = the_event(report(status(group(code="5.1.1", more="Diagnostic-Code: smtp; 550 5.7.1 spam"))))
    assert (event.code, event.is_permanent) == ("5.1.1", True)


def test_each_recipient_has_an_event_of_its_own_and_is_told_once() -> None:
    groups = [group(recipient=f"rfc822; {name}@example.com") for name in ("a", "b", "a")]
    found = read(report(status(*groups))).events
    assert [event.recipient for event in found] == ["a@example.com", "b@example.com"]
    assert len({event.id for event in found}) == 2


def test_of_two_groups_about_one_recipient_the_worse_counts() -> None:
    groups = [group("expanded", "2.0.0", more=""), group(), group("delayed", "4.0.0", more="")]
    assert the_event(report(status(*groups))).is_permanent


def test_whom_we_wrote_to_counts_not_where_it_was_forwarded() -> None:
    forwarded = group(recipient="rfc822; other@example.net", more=f"Original-Recipient: rfc822;<{READER}>")
    assert the_event(report(status(forwarded))).recipient == READER


def test_a_recipient_without_a_mail_address_is_still_a_bounce_of_our_token() -> None:
    event = the_event(report(status(group(recipient="x400; /S=x/C=GB/"))))
    assert (event.recipient, event.token, event.is_permanent) == ("", TOKEN, True)


def test_an_international_report_is_read_with_its_addresses() -> None:
    escaped = group(recipient=r"utf-8; \x{7528}\x{6237}@example.com")
    plain = group(recipient="utf-8; ผู้อ่าน@example.com")
    content = report(status(escaped, plain, kind="message/global-delivery-status"))
    assert [event.recipient for event in read(content).events] == ["用户@example.com", "ผู้อ่าน@example.com"]


@pytest.mark.parametrize(
    "content",
    [
        report(status(group()), ours=""),
        report(status(group(), envelope=TOKEN.upper()), to="bounces@example.org", ours=""),
        report(status(group()), to="bounces@example.org"),
        report(
            status(group()), to="x@example.org", header=f"Delivered-To: B+{TOKEN.upper()}@x.org\n", ours=""
        ),
        report(status(group()), to=f"SRS0=ab=cd=bounce.example.org=b+{TOKEN}@other.example", ours=""),
    ],
    ids=["to", "envid", "returned", "delivered-to", "srs"],
)
def test_the_token_is_found_wherever_it_came_back(content: bytes) -> None:
    assert the_event(content).token == TOKEN


def test_without_any_token_our_message_id_is_left() -> None:
    event = the_event(report(status(group()), to="x@example.org", ours=f"Message-ID: <{OUR_ID}>\n"))
    assert (event.token, event.message_id) == ("", OUR_ID)


def test_the_same_mail_told_again_has_the_same_id_and_another_mail_another() -> None:
    content = report(status(group()))
    again = b"Received: by another.example.net\r\n" + content.replace(b"\n", b"\r\n")
    assert the_event(content).id == the_event(again).id
    assert the_event(content).id != the_event(content.replace(b"20261126.1", b"20261126.2")).id
    nameless = content.replace(b"Message-ID: <20261126.1@mx.example.com>\n", b"")
    assert the_event(nameless).id == the_event(nameless).id != the_event(content).id


def wrapped(author: str) -> bytes:
    head = (
        f"From: {author}\nContent-Type: multipart/mixed; boundary=w\n\n--w\nContent-Type: message/rfc822\n\n"
    )
    return head.encode() + report(status(group())) + b"\n--w--\n"


def test_a_report_that_a_gateway_has_wrapped_is_read() -> None:
    event = the_event(wrapped("postmaster@example.com"))
    assert (event.token, event.is_permanent) == (TOKEN, True)


def test_a_report_that_somebody_forwards_is_about_nobody_of_ours() -> None:
    event = the_event(wrapped("a@example.com"))
    assert (event.token, event.message_id) == ("", "20261126.1@mx.example.com")


def test_a_report_of_another_type_is_no_bounce() -> None:
    content = report(status(group()), kind="disposition-notification")
    assert [event.type for event in read(content).events if event.code] == []


def test_a_complaint_is_one_with_the_token_of_the_envelope() -> None:
    event = the_event(complaint())
    assert (event.type, event.token, event.message_id) == (EventType.COMPLAINED, TOKEN, OUR_ID)
    assert (event.recipient, event.is_permanent) == (READER, False)
    assert event.reason == "feedback report: abuse Loop/1.0"
    told = complaint(envelope=f"Original-Mail-From: <b+{TOKEN}@bounce.example.org>\n", ours="")
    assert the_event(told).token == TOKEN


def test_where_a_provider_blacks_out_the_envelope_the_address_for_leaving_is_left() -> None:
    ours = "\n".join(line for line in OURS.splitlines() if not line.startswith("Return-Path")) + "\n"
    assert the_event(complaint(ours=ours)).token == LEAVE


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("fraud", EventType.COMPLAINED),
        ("opt-out", EventType.UNSUBSCRIBED),
        ("not-spam", EventType.UNKNOWN),
        ("virus", EventType.UNKNOWN),
        ("auth-failure", EventType.UNKNOWN),
        ("other", EventType.UNKNOWN),
        ("", EventType.UNKNOWN),
    ],
)
def test_only_what_a_person_pressed_is_a_complaint(kind: str, type_: EventType) -> None:
    assert the_event(complaint(kind)).type is type_
