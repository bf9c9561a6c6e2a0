"""Who wrote a mail decides: notes of machines touch nobody, and whoever wants to leave is heard."""

import pytest
from tests.unit.learn.mails import LEAVE, OUR_ID, PROSE, READER, TOKEN, plain

from vesicle.learn.mail import Kind, Reading, read
from vesicle.model.event import EventType

BOUNCE_TO = f"b+{TOKEN}@bounce.example.org"
LEAVE_TO = f"leave+{LEAVE}@bounce.example.org"
AUTOMATIC = Reading(kind=Kind.AUTOMATIC)
NOTES = [
    {"header": "Auto-Submitted: auto-replied\n", "subject": "Re: Vesicles this week"},
    {"header": "Auto-Submitted: auto-replied (vacation)\n"},
    {"header": "Auto-Submitted: auto-replied\n", "subject": "Re: undelivered mail returned, why it fails"},
    {"header": "Precedence: auto_reply\n"},
    {"header": "X-Autoreply: yes\n"},
    {"header": "X-Autorespond: away\n"},
    {"header": "X-Auto-Response-Suppress: All\n", "subject": "Automatic reply: Vesicles"},
    {"header": "X-Boxtrapper: k\n", "subject": "Your email requires verification verify#k"},
    {"subject": "Out of Office: Vesicles this week"},
    {"subject": "Re: Abwesenheitsnotiz"},
    {"subject": "Automatische Antwort: Vesicles"},
    {"subject": "=?utf-8?q?R=C3=A9ponse_automatique_=3A_Vesicles?="},
    {"subject": "ตอบกลับอัตโนมัติ: Vesicles"},
    {"subject": "پاسخ خودکار"},
    {"subject": "自動返信: Vesicles"},
    {"subject": "Please confirm your message"},
]


@pytest.mark.parametrize("to", [BOUNCE_TO, LEAVE_TO])
@pytest.mark.parametrize("note", NOTES, ids=range(len(NOTES)))
def test_no_note_of_a_machine_is_an_event(note: dict[str, str], to: str) -> None:
    """Not even where it quotes a bounce from start to end."""
    for body in ("I am away until Monday.", PROSE):
        assert read(plain(to, body=body, **note)) == AUTOMATIC


@pytest.mark.parametrize("precedence", ["bulk", "junk", "list"])
def test_an_old_vacation_program_is_known_by_its_precedence(precedence: str) -> None:
    mail = plain(BOUNCE_TO, subject="Re: Vesicles", header=f"Precedence: {precedence}\n", body=PROSE)
    assert read(mail) == AUTOMATIC


def test_whoever_writes_to_the_address_for_leaving_leaves() -> None:
    reading = read(plain(LEAVE_TO))
    [event] = reading.events
    assert (event.type, event.token, event.recipient) == (EventType.UNSUBSCRIBED, LEAVE, READER)
    assert reading.is_understood


@pytest.mark.parametrize(
    "mail",
    [
        plain("undisclosed-recipients:;", header=f"X-Original-To: {LEAVE_TO}\n"),
        plain("news@example.org", header=f"Delivered-To: <{LEAVE_TO.upper()}>\n"),
        plain(f'"Leave, please" <{LEAVE_TO}>', subject="", body=""),
        plain(LEAVE_TO, header="Auto-Submitted: auto-generated\n"),
        plain(LEAVE_TO, header="Precedence: bulk\n"),
        plain(LEAVE_TO, subject="Re: vesicles undelivered", body=PROSE),
    ],
    ids=["x-original-to", "delivered-to", "phrase", "by its mail program", "precedence", "quotes a bounce"],
)
def test_leaving_works_however_the_mail_came(mail: bytes) -> None:
    assert [(event.type, event.token) for event in read(mail).events] == [(EventType.UNSUBSCRIBED, LEAVE)]


def test_a_person_who_answers_to_the_envelope_sender_is_kept_for_a_person() -> None:
    reading = read(plain(BOUNCE_TO, subject="Re: Vesicles", body="What a lovely newsletter."))
    assert reading == Reading(kind=Kind.UNMATCHED)
    assert not reading.is_understood


def test_a_receipt_of_reading_is_no_event() -> None:
    header = "Content-Type: multipart/report; report-type=disposition-notification; boundary=x\n"
    body = (
        "--x\nContent-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n--x--"
    )
    assert read(plain(BOUNCE_TO, subject="Read: Vesicles", header=header, body=body)) == AUTOMATIC


def test_a_mail_system_does_not_leave() -> None:
    assert read(plain(LEAVE_TO, sender="MAILER-DAEMON@example.com", subject="x")).events == ()


def test_a_bounce_in_prose_is_read_last() -> None:
    mail = plain(BOUNCE_TO, sender="MAILER-DAEMON@mx.example.com", subject="failure notice", body=PROSE)
    [event] = read(mail).events
    assert (event.type, event.is_permanent, event.code) == (EventType.BOUNCED, True, "5.1.1")
    assert (event.token, event.recipient, event.message_id) == (TOKEN, READER, "")


def test_our_token_is_found_in_the_mail_that_is_quoted_as_text() -> None:
    mail = plain("bounces@example.org", sender="MAILER-DAEMON@mx.example.com", subject="failure", body=PROSE)
    assert [event.token for event in read(mail).events] == [TOKEN]


def test_a_full_mailbox_in_prose_suppresses_nobody() -> None:
    body = PROSE.replace("Sorry, no mailbox here by that name. (#5.1.1)", "This account is over quota.")
    mail = plain(BOUNCE_TO, sender="MAILER-DAEMON@mx.example.com", subject="failure notice", body=body)
    assert [(event.type, event.is_permanent) for event in read(mail).events] == [(EventType.BOUNCED, False)]


def test_a_refusal_of_us_in_prose_blames_nobody() -> None:
    body = PROSE.replace("Sorry, no mailbox here by that name. (#5.1.1)", "550 5.7.1 rejected as spam")
    mail = plain(BOUNCE_TO, sender="MAILER-DAEMON@mx.example.com", subject="failure notice", body=body)
    assert [event.type for event in read(mail).events] == [EventType.REJECTED]


def test_our_mail_within_a_bounce_in_prose_tells_its_id() -> None:
    mail = (
        f"From: MAILER-DAEMON@mx.example.com\nTo: {BOUNCE_TO}\nSubject: failure notice\n"
        "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\n"
        f"{PROSE}\n--x\nContent-Type: message/rfc822\n\nMessage-ID: <{OUR_ID}>\n\nhello\n--x--\n"
    ).encode()
    assert [event.message_id for event in read(mail).events] == [OUR_ID]
