"""One delivery as a mail: who it goes to, how it is known again, where it can be left."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser

import pytest

from vesicle.deliver.email import Options
from vesicle.deliver.email.letter import Letter, Letters
from vesicle.model.delivery import Delivery
from vesicle.model.errors import ContentError, UserError
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message, Personal
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.ports import Desk
from vesicle.testing.clock import FixedClock
from vesicle.text import tokens

KEY = bytes(range(32))
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
DESK = Desk(
    name="email",
    folder="/nowhere",
    site_url="https://news.example.org",
    key=KEY,
    clock=FixedClock(datetime(2026, 11, 26, 2, 0, tzinfo=UTC)),
)


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
