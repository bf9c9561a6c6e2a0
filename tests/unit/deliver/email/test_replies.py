"""What the server's codes mean, and what follows from them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.deliver.email import endings
from vesicle.deliver.email.replies import Reply, Step
from vesicle.model.delivery import Delivery, State
from vesicle.model.errors import PermanentFailure
from vesicle.model.message import Message

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
MESSAGE = Message(channel="email", slug="one", lang="en", text="")


def owed(attempts: int) -> Delivery:
    return Delivery(key="k", frozen="one", message=MESSAGE, token="t", attempts=attempts)


@dataclass(frozen=True)
class Case:
    step: Step
    code: int
    text: str
    state: State
    stops: bool = False


@pytest.mark.parametrize(
    "case",
    [
        Case(Step.MAIL, 451, "4.3.0 later", State.DEFERRED),
        Case(Step.MAIL, 550, "no", State.DEFERRED, stops=True),
        Case(Step.MAIL, 553, "5.1.8 bad sender", State.DEFERRED, stops=True),
        Case(Step.RCPT, 450, "4.2.1 busy", State.DEFERRED),
        Case(Step.RCPT, 550, "5.1.1 no such user", State.FAILED),
        Case(Step.RCPT, 550, "5.5.0 mailbox unavailable", State.FAILED),
        Case(Step.RCPT, 552, "5.2.2 mailbox full", State.FAILED),
        Case(Step.RCPT, 550, "no such user", State.FAILED),
        Case(Step.RCPT, 530, "5.7.0 log in first", State.DEFERRED, stops=True),
        Case(Step.RCPT, 554, "5.7.1 relay access denied", State.DEFERRED, stops=True),
        Case(Step.RCPT, 550, "5.1.10 no such domain", State.FAILED),
        Case(Step.DATA, 554, "5.5.1 no valid recipients", State.FAILED),
        Case(Step.DATA, 250, "not asked for", State.DEFERRED),
        Case(Step.DOT, 452, "4.3.1 disk full", State.DEFERRED),
        Case(Step.DOT, 550, "5.1.1 no such user after all", State.FAILED),
        Case(Step.DOT, 554, "5.6.0 bad content", State.DEFERRED, stops=True),
        Case(Step.DOT, 550, "5.7.515 access denied", State.DEFERRED, stops=True),
        Case(Step.DOT, 354, "go on", State.UNKNOWN),
        Case(Step.DOT, -1, "gibberish", State.UNKNOWN),
    ],
)
def test_each_refusal_ends_as_it_should(case: Case) -> None:
    ending = endings.refused(owed(1), case.step, Reply(code=case.code, text=case.text), at=NOW)
    assert ending.outcome.state is case.state
    assert isinstance(ending.stop, PermanentFailure) == case.stops
    assert case.text in ending.outcome.reason
    assert (ending.outcome.retry_at is not None) == (case.state is State.DEFERRED)


def retry_at(ending: endings.Ending) -> datetime:
    assert ending.outcome.retry_at is not None
    return ending.outcome.retry_at


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 1), (1, 1), (2, 5), (3, 15), (4, 60), (5, 240), (6, 240), (10**9, 240)]
)
def test_the_wait_grows_up_to_four_hours(attempts: int, minutes: int) -> None:
    wait = retry_at(endings.deferred(owed(attempts), "busy", at=NOW)) - NOW
    assert timedelta(minutes=minutes) <= wait <= 1.25 * timedelta(minutes=minutes)


def test_those_who_failed_together_come_back_apart_and_always_at_the_same_time() -> None:
    crowd = [replace(owed(1), key=str(number)) for number in range(100)]
    times = [retry_at(endings.deferred(one, "busy", at=NOW)) for one in crowd]
    assert len(set(times)) > 90
    assert times == [retry_at(endings.deferred(one, "busy", at=NOW)) for one in crowd]


def test_the_last_try_is_when_the_message_is_given_up_and_then_it_has_failed() -> None:
    late = replace(owed(5), give_up=NOW + timedelta(hours=1))
    assert retry_at(endings.deferred(late, "busy", at=NOW)) == late.give_up
    assert late.give_up is not None
    ending = endings.deferred(late, "RCPT: 450 4.2.1 busy", at=late.give_up)
    assert ending.outcome.state is State.FAILED
    assert "2026-11-26 03:00 UTC" in ending.outcome.reason
    assert "RCPT: 450 4.2.1 busy" in ending.outcome.reason


@pytest.mark.parametrize(
    ("code", "text", "asks"),
    [
        (454, "4.3.0 Too busy", True),
        (450, "4.7.0 Sent too much", True),
        (421, "4.7.28 Unusual rate of mail", True),
        (452, "4.5.3 too many recipients", True),
        (451, "Rate limit exceeded", True),
        (450, "4.7.1 Greylisted, try again", False),
        (452, "4.3.1 Disk full", False),
        (450, "4.2.1 Mailbox busy", False),
        (550, "5.7.1 rate limited for ever", False),
    ],
)
def test_a_server_asks_for_less_by_454_or_by_the_words_for_it(code: int, text: str, asks: bool) -> None:
    assert Reply(code=code, text=text).is_throttle is asks


def test_who_waits_for_a_slower_rate_waits_short_however_often() -> None:
    ending = endings.refused(owed(6), Step.RCPT, Reply(code=454, text="4.7.0 slower"), at=NOW)
    assert retry_at(ending) - NOW <= timedelta(minutes=1.25)


@pytest.mark.parametrize(
    ("code", "is_last"), [(421, True), (-1, True), (0, True), (250, False), (354, False), (550, False)]
)
def test_only_a_goodbye_or_no_smtp_at_all_ends_the_connection(code: int, is_last: bool) -> None:
    assert Reply(code=code, text="").is_last is is_last


def test_data_is_accepted_by_354_alone() -> None:
    accepted = [
        code for code in (220, 250, 251, 354, 421, 550) if Reply(code=code, text="").accepts(Step.DATA)
    ]
    assert accepted == [354]
    accepted = [
        code for code in (220, 250, 251, 354, 421, 550) if Reply(code=code, text="").accepts(Step.RCPT)
    ]
    assert accepted == [220, 250, 251]
