"""Who is told, how often it is tried, and what the log has of it."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.pipeline.test_notices import TEMPLATES

from vesicle.app.telling import Telling
from vesicle.model.notice import FAMILY
from vesicle.pipeline import words
from vesicle.settings.editor import EditorSettings
from vesicle.testing import nouns
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger, MemoryWords

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
EDITORS = ("Ada Fern <ada@x.example>", "sam@x.example", "ada@x.example")


class Desk:
    """A site that tells, with its ledger."""

    def __init__(
        self, *addresses: str, templates: Mapping[str, str] = TEMPLATES, most_a_day: int = 24
    ) -> None:
        self.ledger = MemoryLedger()
        self.clock = FixedClock(NOW)
        self.templates = dict(templates)
        self.telling = Telling(
            MemoryWords(self.ledger),
            EditorSettings(addresses=addresses, most_a_day=most_a_day),
            newsletter=nouns.newsletter(),
            templates=lambda: self.templates,
            clock=self.clock,
        )

    def hold(self, slug: str = "one") -> None:
        self.telling.words.note([words.was_held(slug, "nobody approved it")], now=self.clock())

    def mails(self) -> list[tuple[str, str]]:
        found = self.ledger.take("email", limit=99, now=self.clock(), lease=timedelta(minutes=1), of={FAMILY})
        return [(mail.to.email, mail.message.subject) for mail in found if mail.to]


def test_each_address_is_told_once_without_its_name() -> None:
    desk = Desk(*EDITORS)
    desk.hold()
    assert desk.telling.tell() == 1
    assert desk.mails() == [("ada@x.example", "Held: one"), ("sam@x.example", "Held: one")]
    assert desk.telling.tell() == 0


def test_without_an_address_it_is_in_the_log_and_never_told_later(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    desk = Desk(templates={})
    desk.hold()
    assert desk.telling.tell() == 1
    assert [record.getMessage() for record in caplog.records] == ["editor.told cause=held about=one mails=0"]
    assert desk.mails() == []
    assert list(desk.telling.words.untold()) == []


def test_the_log_has_no_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    desk = Desk(*EDITORS)
    desk.hold()
    desk.telling.tell()
    assert "mails=2" in caplog.text
    assert "@" not in caplog.text


def test_a_broken_template_is_told_once_in_a_while_and_the_words_wait(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk(*EDITORS, templates={**TEMPLATES, "notice/word.mjml.j2": "{{"})
    desk.hold()
    for _ in range(100):
        assert desk.telling.tell() == 0
        desk.clock.forward(timedelta(seconds=1))
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "templates/notice/word.mjml.j2" in caplog.text
    desk.templates.update(TEMPLATES)
    desk.clock.forward(timedelta(minutes=30))
    assert desk.telling.tell() == 1
    assert len(desk.mails()) == 2


def test_the_last_mail_of_a_day_says_so_in_the_time_of_the_newsletter() -> None:
    desk = Desk("ada@x.example", most_a_day=1)
    desk.hold("one")
    desk.telling.tell()
    desk.hold("two")
    desk.telling.tell()
    found = desk.ledger.take("email", limit=9, now=NOW, lease=timedelta(minutes=1))
    assert ["last mail of today" in mail.message.text for mail in found] == [False, True]
    assert "told after 07:00 (Asia/Bangkok)" in found[1].message.text.replace("\n", " ")
