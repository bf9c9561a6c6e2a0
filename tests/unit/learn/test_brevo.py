"""Brevo's webhooks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.learn.hooks import SECRET, Hook, basic, keys
from tests.unit.learn.mails import OUR_ID, READER, TOKEN

from vesicle.learn.brevo import Options, Reports
from vesicle.model.errors import Forged, UserError
from vesicle.model.event import Event, EventType


def told(event: str, reason: str = "", **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "email": READER,
        "id": 26224,
        "date": "2026-11-26 11:00:00",
        "message-id": f"<{OUR_ID}>",
        "ts_event": 1604933623,
        "ts_epoch": 1604933654120,
        "reason": reason,
        **more,
    }


def events(hook: Hook) -> list[Event]:
    return list(Reports(Options(secret=SECRET)).events(hook.body, hook.headers, keys()))


def test_a_bounce_carries_all_that_brevo_knows() -> None:
    custom = f"b+{TOKEN}@bounce.example.org"
    [event] = events(basic(told("hard_bounce", "550 5.1.1 user unknown", **{"X-Mailin-custom": custom})))
    assert (event.type, event.is_permanent, event.code) == (EventType.BOUNCED, True, "5.1.1")
    assert (event.source, event.recipient, event.message_id, event.token) == ("brevo", READER, OUR_ID, TOKEN)
    assert event.at == datetime(2020, 11, 9, 14, 54, 14, 120_000, UTC)


@pytest.mark.parametrize(
    ("event", "reason", "type_", "is_permanent"),
    [
        ("request", "", EventType.UNKNOWN, False),
        ("delivered", "", EventType.DELIVERED, False),
        ("hard_bounce", "", EventType.BOUNCED, True),
        ("hard_bounce", "550 5.7.1 policy", EventType.REJECTED, False),
        ("hard_bounce", "552 5.2.2 full", EventType.BOUNCED, False),
        ("soft_bounce", "550 5.1.1 no", EventType.BOUNCED, False),
        ("soft_bounce", "554 5.7.1 spam", EventType.REJECTED, False),
        ("invalid_email", "", EventType.BOUNCED, False),
        ("blocked", "", EventType.REJECTED, False),
        ("error", "", EventType.REJECTED, False),
        ("deferred", "", EventType.DEFERRED, False),
        ("spam", "", EventType.COMPLAINED, False),
        ("unsubscribed", "", EventType.UNSUBSCRIBED, False),
        ("opened", "", EventType.OPENED, False),
        ("unique_proxy_open", "", EventType.OPENED, False),
        ("click", "", EventType.CLICKED, False),
    ],
)
def test_each_event_in_our_words(event: str, reason: str, type_: EventType, is_permanent: bool) -> None:
    [found] = events(basic(told(event, reason)))
    assert (found.type, found.is_permanent) == (type_, is_permanent)


def test_an_event_that_nobody_knows_is_named() -> None:
    assert [event.reason for event in events(basic(told("levitation")))] == ["levitation"]


def test_several_come_in_one_body() -> None:
    found = events(basic([told("delivered"), told("opened")]))
    assert [event.type for event in found] == [EventType.DELIVERED, EventType.OPENED]


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"ts_epoch": 1604933654}, datetime(2020, 11, 9, 14, 54, 14, tzinfo=UTC)),
        ({"ts_epoch": None}, datetime(2020, 11, 9, 14, 53, 43, tzinfo=UTC)),
        ({"ts_epoch": True, "ts_event": "soon"}, None),
        ({"ts_epoch": 1e300, "ts_event": 1e300}, None),
        ({"ts_epoch": -1, "ts_event": []}, None),
    ],
)
def test_the_moment_is_told_in_seconds_or_milliseconds_or_not_at_all(
    more: dict[str, Any], at: datetime | None
) -> None:
    assert [event.at for event in events(basic(told("delivered", **more)))] == [at]


def test_the_same_told_again_has_the_same_id_and_another_another() -> None:
    one, again, other = (
        event.id for when in (1, 1, 2) for event in events(basic(told("opened", ts_epoch=when)))
    )
    assert one == again != other


def test_whoever_does_not_know_the_secret_is_not_brevo() -> None:
    with pytest.raises(Forged):
        events(basic(told("delivered"), secret="guess"))


@pytest.mark.parametrize("body", [{}, [[]], [1], "x", {"event": None}])
def test_another_shape_is_told(body: Any) -> None:
    with pytest.raises(UserError, match="brevo"):
        events(basic(body))
