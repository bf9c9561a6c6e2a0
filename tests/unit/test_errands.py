"""What is done between two mails, and what is told of it."""

import logging

import pytest
from tests.unit.pipeline.test_answer import TEMPLATES, Desk

from vesicle.app.errands import Errands
from vesicle.pipeline.notices import Notices
from vesicle.pipeline.send import nothing
from vesicle.ports import never
from vesicle.testing import nouns


def errands(desk: Desk) -> Errands:
    return Errands(readers=desk.readers, clerk=desk.clerk, tell=nothing, stopping=never)


def test_what_readers_ask_for_is_answered() -> None:
    desk = Desk()
    desk.ask("ann@x.example")
    errands(desk)()
    assert list(desk.mails()) == [("confirm", "ann@x.example")]


def test_what_a_limit_refused_is_in_the_log_without_an_address(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    for number in range(15):
        desk.ask(f"reader{number}@x{number}.example")
    errands(desk)()
    assert [record.getMessage() for record in caplog.records] == ["readers.refused limit=network asks=5"]


def test_a_broken_template_is_told_once_and_keeps_nothing_else_back(caplog: pytest.LogCaptureFixture) -> None:
    broken = Notices(nouns.newsletter(languages=("en",)), {**TEMPLATES, "notice/confirm.mjml.j2": "{{"})
    desk = Desk(broken)
    desk.ask("ann@x.example")
    between = errands(desk)
    for _ in range(3):
        between()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "notice/confirm.mjml.j2" in caplog.text
    assert "ann@" not in caplog.text
    assert [ask.email for ask in desk.readers.asks] == ["ann@x.example"]
