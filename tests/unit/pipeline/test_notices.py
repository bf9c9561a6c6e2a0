from collections import UserDict
from collections.abc import ItemsView
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from vesicle.deliver.email import Options
from vesicle.deliver.email.letter import Letter, Letters
from vesicle.model.delivery import Delivery, Frozen, Policy
from vesicle.model.errors import ContentError
from vesicle.model.notice import notice_parts
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.pipeline.notices import Notices
from vesicle.testing import nouns
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import KEY, plain_desk
from vesicle.text import doors
from vesicle.text.doors import Door

ROOT = Path(__file__).resolve().parents[3] / "templates"
FILES = [path for path in ROOT.rglob("*") if path.suffix in (".j2", ".po")]
TEMPLATES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in FILES}
NEWSLETTER = nouns.newsletter(languages=("en", "th", "fa"), fallback="th")
NOW = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
SERIES = (("welcome-1", timedelta(0)), ("welcome-2", timedelta(days=3)))
NOTICES = Notices(NEWSLETTER, TEMPLATES, welcome=SERIES)


def parts(frozen: Frozen) -> tuple[str, str]:
    found = notice_parts(frozen.slug)
    assert found
    return found


def test_a_notice_is_frozen_in_every_language_the_fallback_first() -> None:
    frozen = NOTICES.confirm(2)
    assert parts(frozen) == ("confirm", "2")
    assert list(frozen.messages) == ["th", "en", "fa"]
    assert {message.lang for message in frozen.messages.values()} == {"en", "th", "fa"}
    assert frozen.channel == "email"
    assert (frozen.series, frozen.at, frozen.start) == ("", None, None)


def test_an_unknown_outcome_is_sent_again() -> None:
    every = [NOTICES.confirm(1), NOTICES.already(NOW), NOTICES.data(NOW)]
    every += [frozen for _, frozen in NOTICES.welcome(1, NOW)]
    assert {frozen.policy for frozen in every} == {Policy.RESEND}


def test_each_notice_reaches_those_it_is_meant_for() -> None:
    assert NOTICES.confirm(1).reaches == {SubscriberStatus.PENDING}
    assert NOTICES.already(NOW).reaches == {SubscriberStatus.CONFIRMED}
    assert NOTICES.data(NOW).reaches == set(SubscriberStatus)
    assert [frozen.reaches for _, frozen in NOTICES.welcome(1, NOW)] == [{SubscriberStatus.CONFIRMED}] * 2


def test_a_notice_is_shared_so_that_no_one_moment_ends_it_for_all() -> None:
    every = [NOTICES.confirm(1), NOTICES.already(NOW), NOTICES.data(NOW)]
    every += [frozen for _, frozen in NOTICES.welcome(1, NOW)]
    assert {frozen.give_up for frozen in every} == {None}


def test_numbers_keep_a_notice_to_one_a_month_or_one_a_day() -> None:
    later = NOW + timedelta(hours=1)
    assert [parts(NOTICES.already(at)) for at in (NOW, later)] == [
        ("already", "2026-11"),
        ("already", "2026-12"),
    ]
    assert [parts(NOTICES.data(at)) for at in (NOW, later)] == [
        ("data", "2026-11-30"),
        ("data", "2026-12-01"),
    ]
    assert NOTICES.data(NOW).slug == NOTICES.data(NOW - timedelta(hours=9)).slug


def test_each_step_of_the_welcome_has_its_moment_and_a_number_of_its_own() -> None:
    found = NOTICES.welcome(3, NOW)
    assert [(moment, *parts(frozen)) for moment, frozen in found] == [
        (NOW, "welcome", "3-1"),
        (NOW + timedelta(days=3), "welcome", "3-2"),
    ]
    assert [frozen.messages["en"].slug for _, frozen in found] == ["notice-welcome-1", "notice-welcome-2"]
    assert Notices(NEWSLETTER, TEMPLATES).welcome(1, NOW) == []


def test_what_reads_the_same_has_the_same_name_and_what_does_not_has_another() -> None:
    again = Notices(NEWSLETTER, dict(TEMPLATES)).confirm(1)
    assert again.slug == NOTICES.confirm(1).slug
    assert again.hash == NOTICES.confirm(1).hash
    moved = Notices(replace(NEWSLETTER, postal_address="2 Street"), TEMPLATES).confirm(1)
    assert moved.slug != again.slug
    assert parts(moved) == parts(again)


class Counted(UserDict[str, str]):
    """Templates that count how often they are asked for, which each rendering does."""

    asked = 0

    def items(self) -> ItemsView[str, str]:
        self.asked += 1
        return super().items()


def test_ten_thousand_sign_ups_are_rendered_once() -> None:
    templates = Counted(TEMPLATES)
    notices = Notices(NEWSLETTER, templates, welcome=SERIES)
    first = notices.confirm(1)
    once = templates.asked
    assert once > 0
    names = {notices.confirm(1).slug for second in range(10_000)}
    assert names == {first.slug}
    assert notices.confirm(2).messages is first.messages
    assert templates.asked == once


def test_a_template_that_is_not_there_is_told_when_it_is_asked_for() -> None:
    notices = Notices(NEWSLETTER, TEMPLATES, welcome=(("hello", timedelta(0)),))
    notices.confirm(1)
    with pytest.raises(ContentError, match=r"there is no template called notice/hello\.mjml\.j2"):
        notices.welcome(1, NOW)


def test_all_that_is_wrong_with_any_of_them_is_told_at_once() -> None:
    broken = {**TEMPLATES, "notice/confirm.mjml.j2": "{{"}
    welcome = (("hello", timedelta(0)), ("welcome-1", timedelta(0)))
    found = Notices(NEWSLETTER, broken, welcome=welcome).problems()
    assert {one.where.file for one in found} == {
        "templates/notice/confirm.mjml.j2",
        "templates/notice/hello.mjml.j2",
    }
    assert NOTICES.problems() == ()


@pytest.mark.parametrize("lang", ["en", "th", "fa"])
def test_a_notice_becomes_a_mail_with_a_link_that_opens_its_door(lang: str) -> None:
    frozen = NOTICES.confirm(2)
    reader = Subscriber(id="0f" * 16, email="a@example.com", status=SubscriberStatus.PENDING, language=lang)
    delivery = Delivery(
        key="key", frozen=frozen.slug, message=frozen.messages[lang], token="t", attempts=1, to=reader
    )
    letter = Letters(Options(), plain_desk(FixedClock(NOW))).write(delivery)
    assert isinstance(letter, Letter), letter
    assert letter.message_id.startswith("notice-confirm.")
    assert b"List-" not in letter.mail
    visitor = doors.visitor(KEY, Door.CONFIRM, _token(letter.mail), now=NOW)
    assert visitor is not None
    assert (visitor.person_id, visitor.about, visitor.made) == (reader.id, "2", NOW)


def _token(mail: bytes) -> str:
    body = BytesParser(policy=policy.default).parsebytes(mail).get_body(("plain",))
    assert body is not None
    return str(body.get_content().partition("https://news.example.org/c/")[2].partition(">")[0])
