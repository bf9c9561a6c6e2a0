"""One delivery as a mail: who it goes to, how it is known again, where it can be left."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.deliver.email import Options, verp
from vesicle.deliver.email.letter import Letter, Letters
from vesicle.model.delivery import Delivery
from vesicle.model.errors import ContentError, UserError
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message, Personal
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.ports import Desk
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import KEY, plain_desk
from vesicle.text import tokens

STAND_IN = Personal.UNSUBSCRIBE_URL.value
READER = Subscriber(
    id="0f" * 16, email="reader@example.com", status=SubscriberStatus.CONFIRMED, language="en"
)
MESSAGE = Message(
    channel="email",
    slug="2026-11-26-first",
    lang="en",
    subject="What vesicles carry",
    text=f"Leave: {STAND_IN}\n",
    html=f'<a href="{STAND_IN}">Leave</a>',
    sender=Mailbox(name="News", address="news@example.org"),
    headers=(("List-Id", "Conditioned Media <conditioned-media.example.org>"),),
)
DELIVERY = Delivery(key="key 1", frozen="frozen-slug", message=MESSAGE, token="t", attempts=1, to=READER)
DESK = plain_desk(FixedClock(datetime(2026, 11, 26, 2, 0, tzinfo=UTC)))


def written(delivery: Delivery, desk: Desk = DESK) -> Letter:
    letter = Letters(Options(), desk).write(delivery)
    assert isinstance(letter, Letter), letter
    return letter


def subject_of_token(letter: Letter) -> str | None:
    text = BytesParser(policy=policy.default).parsebytes(letter.mail).get_body(("plain",))
    assert text is not None
    found = re.search(r"Leave: https://news\.example\.org/u/(\S+)", text.get_content())
    assert found
    return tokens.read(KEY, "unsubscribe", found[1])


def test_the_message_id_is_the_same_for_the_same_delivery_alone() -> None:
    first = written(DELIVERY).message_id
    assert re.fullmatch(r"2026-11-26-first\.[0-9a-f]{32}@example\.org", first)
    assert written(replace(DELIVERY, token="another take", attempts=2)).message_id == first
    assert written(replace(DELIVERY, key="key 2")).message_id != first
    assert written(DELIVERY, replace(DESK, key=bytes(32))).message_id != first


def test_the_message_id_is_one_word_whatever_the_slug() -> None:
    odd = replace(DELIVERY, message=replace(MESSAGE, slug="issue/item <x>@y"))
    assert re.fullmatch(r"[A-Za-z0-9.-]+@example\.org", written(odd).message_id)


def test_the_link_to_leave_names_the_reader_and_the_newsletter_and_no_address() -> None:
    letter = written(DELIVERY)
    assert subject_of_token(letter) == "0f" * 16 + ".conditioned-media"
    assert letter.mail.count(b"reader@example.com") == 1


def test_without_a_list_id_the_link_to_leave_names_what_was_frozen() -> None:
    bare = replace(DELIVERY, message=replace(MESSAGE, headers=()))
    assert subject_of_token(written(bare)) == "0f" * 16 + ".frozen-slug"


def test_each_language_of_an_issue_has_its_own_mould() -> None:
    letters = Letters(Options(), DESK)
    thai = replace(MESSAGE, lang="th", subject="Thai")
    for message in (MESSAGE, thai, MESSAGE):
        letter = letters.write(replace(DELIVERY, message=message))
        assert isinstance(letter, Letter)
        assert f"Subject: {message.subject}\r\n".encode() in letter.mail


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b@c", "a b@example.com", "a@-x.org", "a@example.com\r\nX", "@x.org"]
)
def test_what_is_no_address_gets_no_letter_but_a_reason(email: str) -> None:
    reason = Letters(Options(), DESK).write(replace(DELIVERY, to=replace(READER, email=email)))
    assert isinstance(reason, str)
    assert "address" in reason


def test_a_name_that_would_add_a_header_gets_no_letter() -> None:
    evil = replace(READER, name="Eve\r\nBcc: all@example.org")
    assert "U+000D" in str(Letters(Options(), DESK).write(replace(DELIVERY, to=evil)))


def test_nobody_gets_no_letter() -> None:
    assert Letters(Options(), DESK).write(replace(DELIVERY, to=None)) == "an e-mail needs somebody to go to"


def test_an_address_outside_ascii_needs_more_of_the_server() -> None:
    assert not written(DELIVERY).needs_utf8
    letter = written(replace(DELIVERY, to=replace(READER, email="läser@bücher.example")))
    assert (letter.to, letter.needs_utf8) == ("läser@xn--bcher-kva.example", True)


@pytest.mark.parametrize(
    "message",
    [replace(MESSAGE, subject="a\r\nb"), replace(MESSAGE, text="VSCLelse"), replace(MESSAGE, sender=None)],
)
def test_a_newsletter_that_cannot_be_written_is_nobodys_fault(message: Message) -> None:
    with pytest.raises(ContentError):
        Letters(Options(), DESK).write(replace(DELIVERY, message=message))


@pytest.mark.parametrize(
    "url", ["", "news.example.org", "https://x.org/", "https://ไทย.org", "https://x.org/\r\nX: y"]
)
def test_a_site_address_that_cannot_stand_in_a_header_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(UserError, match="site_url"):
        Letters(Options(), replace(DESK, site_url=url))


def test_a_short_key_is_refused_at_the_start() -> None:
    with pytest.raises(UserError, match="5 bytes"):
        Letters(Options(), replace(DESK, key=b"short"))


def letter_with(delivery: Delivery = DELIVERY, **options: Any) -> Letter:
    letter = Letters(Options(**options), DESK).write(delivery)
    assert isinstance(letter, Letter), letter
    return letter


def header(letter: Letter, name: str) -> str:
    (value,) = BytesParser(policy=policy.default).parsebytes(letter.mail).get_all(name, [])
    return str(value)


def test_with_a_bounce_domain_the_sender_tells_which_delivery_comes_back() -> None:
    letter = letter_with(bounce_domain="b.example.org")
    local, _, domain = letter.sender.partition("@")
    assert domain == "b.example.org"
    assert len(local) <= 64
    origin = verp.read(KEY, verp.BOUNCE, local.removeprefix("b+"))
    assert origin is not None
    assert (origin.person_id, origin.slug_hash) == (READER.id, verp.slug_hash("frozen-slug"))
    assert header(letter, "From") == "News <news@example.org>"
    assert letter.envelope_id == ""


def test_without_one_the_envelope_id_does() -> None:
    letter = letter_with()
    assert letter.sender == "news@example.org"
    origin = verp.read(KEY, verp.BOUNCE, letter.envelope_id)
    assert origin is not None
    assert origin.person_id == READER.id


def test_a_reader_whose_id_fits_no_token_is_named_and_only_where_one_is_needed() -> None:
    odd = replace(DELIVERY, to=replace(READER, id="person 1"))
    assert letter_with(odd).envelope_id == ""
    reason = Letters(Options(bounce_domain="b.example.org"), DESK).write(odd)
    assert reason == "the reader's id is not 32 hexadecimal digits"


def test_redirected_mails_go_to_one_address_and_say_so() -> None:
    letter = letter_with(redirect_all="me@test.example")
    assert (letter.to, letter.domain) == ("me@test.example", "test.example")
    assert header(letter, "Subject") == "[TEST] What vesicles carry"
    assert header(letter, "To") == "reader@example.com"


def test_a_reader_can_leave_by_writing_where_an_address_is_set() -> None:
    headers = (*MESSAGE.headers, ("List-Unsubscribe", f"<{STAND_IN}>"))
    delivery = replace(DELIVERY, message=replace(MESSAGE, headers=headers))
    value = header(letter_with(delivery, unsubscribe_address="leave@b.example.org"), "List-Unsubscribe")
    link, _, mail = value.partition(", ")
    assert link.startswith("<https://news.example.org/u/")
    token = mail.removeprefix("<mailto:leave+").removesuffix("@b.example.org>")
    assert verp.read(KEY, verp.LEAVE, token)
    assert "mailto" not in header(letter_with(delivery), "List-Unsubscribe")


def test_optional_headers_are_there_when_they_are_asked_for() -> None:
    letter = letter_with(cfbl_address="fbl@example.org", precedence="bulk")
    assert header(letter, "CFBL-Address") == "fbl@example.org; report=arf"
    assert header(letter, "Precedence") == "bulk"
    assert b"Precedence" not in letter_with().mail


def refused_or_written(delivery: Delivery) -> Letter | str:
    """The letter, or why there is none, be it the reader's or the newsletter's fault."""
    try:
        return Letters(Options(bounce_domain="b.example.org"), DESK).write(delivery)
    except ContentError as error:
        return "; ".join(problem.text for problem in error.problems if problem.mend)


nasty = st.one_of(
    st.text(max_size=60),
    st.text(st.sampled_from('\r\n\0\t :;,<>@"\\=?.aZ\u2028\x85\x7fé\udcff'), max_size=30),
    st.sampled_from(
        ["a\r\nBcc: all@example.org", "a\n.\r\nMAIL FROM:<x@y.z>", "\r\n\r\nbody", "=?utf-8?q?x?="]
    ),
)


@given(name=nasty, local=nasty, domain=nasty, subject=nasty, value=nasty)
def test_nothing_a_person_or_an_editor_wrote_adds_a_header_or_ends_a_mail(
    name: str, local: str, domain: str, subject: str, value: str
) -> None:
    """What cannot be written is refused by name; what is written has every header once and no bare break."""
    reader = replace(READER, name=name, email=f"{local}@{domain}" if domain else "reader@example.com")
    message = replace(MESSAGE, subject=subject, headers=(*MESSAGE.headers, ("X-Note", value)))
    delivery = replace(DELIVERY, to=reader, message=message, key=f"{subject}:{name}")
    letter = refused_or_written(delivery)
    if isinstance(letter, str):
        assert letter
        return
    assert not re.search(r"[\r\n\0<> ]", letter.to + letter.sender)
    assert b"\n" not in letter.mail.replace(b"\r\n", b"")
    assert b"\r" not in letter.mail.replace(b"\r\n", b"")
    assert b"\0" not in letter.mail
    assert not re.search(rb"^\.", letter.mail, re.MULTILINE)
    head = letter.mail.partition(b"\r\n\r\n")[0]
    names = re.findall(rb"^([A-Za-z-]+):", head, re.MULTILINE)
    expected = {b"To", b"Date", b"Message-ID", b"From", b"Subject", b"List-Id", b"X-Note", b"MIME-Version"}
    assert set(names) == expected | {b"Content-Type"}
    assert len(names) == len(set(names))
