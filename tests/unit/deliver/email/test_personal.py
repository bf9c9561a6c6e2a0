"""The links that a mail has for its reader alone: each opens its page, for them, and no other."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.deliver.email import Options
from vesicle.deliver.email.letter import Letter, Letters
from vesicle.model.delivery import Delivery
from vesicle.model.errors import ContentError
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message, Personal
from vesicle.model.notice import CONFIRM, DATA, WELCOME, notice_name
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.ports import Desk
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import KEY, plain_desk
from vesicle.text import doors, tokens
from vesicle.text.doors import Door, Visitor

LIST = "conditioned-media"
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
DESK = plain_desk(FixedClock(NOW))
READER = Subscriber(
    id="0f" * 16, email="reader@example.com", status=SubscriberStatus.PENDING, language="en", name="Eve"
)
DOORS = {
    Personal.UNSUBSCRIBE_URL: Door.LEAVE,
    Personal.CHOOSE_URL: Door.CHOOSE,
    Personal.CONFIRM_URL: Door.CONFIRM,
    Personal.DATA_URL: Door.DATA,
}


def holding(*links: Personal, frozen: str) -> Delivery:
    """What is owed of a mail with those links in both of its parts."""
    message = Message(
        channel="email",
        slug="notice",
        lang="en",
        subject="A word",
        text="".join(f"{link.name}: <{link}>\n" for link in links) or "none\n",
        html="".join(f'<a href="{link}">{link.name}</a>' for link in links) or "<p>none</p>",
        sender=Mailbox(name="News", address="news@example.org"),
        headers=(("List-Id", f"Conditioned Media <{LIST}.example.org>"),),
    )
    return Delivery(key="key 1", frozen=frozen, message=message, token="t", attempts=1, to=READER)


def written(delivery: Delivery, desk: Desk = DESK) -> Letter:
    letter = Letters(Options(), desk).write(delivery)
    assert isinstance(letter, Letter), letter
    return letter


def urls(letter: Letter) -> dict[str, str]:
    """The links of a mail by their name, the same in text and HTML."""
    mail = BytesParser(policy=policy.default).parsebytes(letter.mail)
    parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
    text, html = (part.get_content() if part else "" for part in parts)
    found = dict(re.findall(r"(\w+): <(\S+)>", text))
    assert found == {name: url for url, name in re.findall(r'<a href="([^"]+)">(\w+)</a>', html)}
    return found


def visitor(letter: Letter, link: Personal, *, now: datetime = NOW) -> Visitor | None:
    """Who comes in by a link, as the page behind it sees them."""
    door = DOORS[link]
    start = f"{DESK.site_url}/{door.path}/"
    url = urls(letter)[link.name]
    assert url.startswith(start)
    return doors.visitor(KEY, door, url.removeprefix(start), now=now)


def test_a_newsletter_has_links_that_last_to_leave_and_to_choose() -> None:
    delivery = holding(Personal.UNSUBSCRIBE_URL, Personal.CHOOSE_URL, frozen="2026-11-26-first")
    letter, later = written(delivery), NOW + timedelta(days=3650)
    leaving = visitor(letter, Personal.UNSUBSCRIBE_URL, now=later)
    assert leaving == Visitor(person_id=READER.id, about=LIST)
    assert visitor(letter, Personal.CHOOSE_URL, now=later) == Visitor(person_id=READER.id)


def test_the_link_to_leave_is_what_it_was_in_mails_that_were_sent_long_ago() -> None:
    letter = written(holding(Personal.UNSUBSCRIBE_URL, frozen="2026-11-26-first"))
    token = tokens.make(KEY, "unsubscribe", f"{READER.id}.{LIST}")
    assert urls(letter) == {"UNSUBSCRIBE_URL": f"https://news.example.org/u/{token}"}


@pytest.mark.parametrize(
    ("link", "purpose", "life"),
    [
        (Personal.CONFIRM_URL, CONFIRM, timedelta(hours=72)),
        (Personal.DATA_URL, DATA, timedelta(hours=24)),
    ],
)
def test_a_notice_has_a_link_with_its_number_that_works_for_its_time(
    link: Personal, purpose: str, life: timedelta
) -> None:
    letter = written(holding(link, frozen=notice_name(purpose, "2", "ab" * 32)))
    found = Visitor(person_id=READER.id, about="2", made=NOW)
    assert visitor(letter, link, now=NOW + life - timedelta(seconds=1)) == found
    assert visitor(letter, link, now=NOW + life) is None


@pytest.mark.parametrize("link", [Personal.CONFIRM_URL, Personal.DATA_URL])
@pytest.mark.parametrize(
    "frozen", ["2026-11-26-first", notice_name(WELCOME, "1", "ab" * 32), "rehearsal/2026-11-26-first"]
)
def test_a_link_of_a_notice_in_another_mail_stops_that_mail(link: Personal, frozen: str) -> None:
    with pytest.raises(ContentError, match="another purpose"):
        Letters(Options(), DESK).write(holding(link, frozen=frozen))


def test_the_name_of_a_person_is_in_their_newsletter_and_in_no_notice() -> None:
    assert b"To: Eve <reader@example.com>\r\n" in written(holding(frozen="2026-11-26-first")).mail
    notice = written(holding(frozen=notice_name(CONFIRM, "1", "ab" * 32))).mail
    assert b"To: reader@example.com\r\n" in notice
    assert b"Eve" not in notice


def test_what_a_mail_does_not_hold_is_not_made() -> None:
    odd = replace(holding(frozen="2026-11-26-first"), to=replace(READER, id="person 1"))
    letter = Letters(Options(unsubscribe_address="leave@b.example.org"), DESK).write(odd)
    assert isinstance(letter, Letter), letter


@given(
    links=st.sets(st.sampled_from(Personal)),
    person_id=st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    number=st.from_regex(r"[0-9-]{1,12}", fullmatch=True),
    seconds=st.integers(0, 2**32),
)
def test_every_link_opens_its_door_for_its_reader_and_no_other(
    links: set[Personal], person_id: str, number: str, seconds: int
) -> None:
    purpose = {Personal.CONFIRM_URL: CONFIRM, Personal.DATA_URL: DATA}
    for link in links:
        now = datetime.fromtimestamp(seconds, UTC)
        frozen = notice_name(purpose.get(link, WELCOME), number, "ab" * 32)
        delivery = replace(holding(link, frozen=frozen), to=replace(READER, id=person_id))
        letter = written(delivery, plain_desk(FixedClock(now)))
        (url,) = urls(letter).values()
        token = url.rpartition("/")[2]
        found = {door: doors.visitor(KEY, door, token, now=now) for door in Door}
        inside = found.pop(DOORS[link])
        assert inside is not None
        assert inside.person_id == person_id
        assert inside.about == (number if link in purpose else "" if DOORS[link] is Door.CHOOSE else LIST)
        assert set(found.values()) == {None}
