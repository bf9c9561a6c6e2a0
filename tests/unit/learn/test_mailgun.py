"""Mailgun's webhooks."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.learn.hooks import SECRET, Hook, keys, mailgun
from tests.unit.learn.mails import OUR_ID, READER, TOKEN

from vesicle.learn.mailgun import Options, Reports
from vesicle.model.errors import Forged, UserError
from vesicle.model.event import Event, EventType
from vesicle.testing.keys import FixedKeys


def data(event: str, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "id": "CPgfbmQMTCKtHW6uIWtuVe",
        "timestamp": 1521472262.908181,
        "recipient": READER,
        "envelope": {"sender": f"b+{TOKEN}@bounce.example.org", "targets": READER},
        "message": {"headers": {"message-id": OUR_ID, "from": "news@example.org"}},
        **more,
    }


def failed(code: int, message: str, *, severity: str = "permanent", **more: Any) -> dict[str, Any]:
    status = {"code": code, "message": message, "attempt-no": 1, **more.pop("status", {})}
    return data("failed", **{"severity": severity, "reason": "bounce", "delivery-status": status, **more})


def events(hook: Hook) -> list[Event]:
    made = Reports(Options(signing_key=SECRET))
    return list(made.events(hook.body, hook.headers, keys()))


def test_a_bounce_carries_all_that_mailgun_knows() -> None:
    [event] = events(mailgun(failed(550, "5.1.1 The email account does not exist")))
    assert (event.type, event.is_permanent, event.code) == (EventType.BOUNCED, True, "5.1.1")
    assert (event.token, event.message_id, event.recipient) == (TOKEN, OUR_ID, READER)
    assert (event.source, event.at) == ("mailgun", datetime(2018, 3, 19, 15, 11, 2, 908181, UTC))
    assert event.reason == "bounce 5.1.1 The email account does not exist"


@pytest.mark.parametrize(
    ("told", "type_", "is_permanent"),
    [
        (data("delivered"), EventType.DELIVERED, False),
        (data("opened"), EventType.OPENED, False),
        (data("clicked"), EventType.CLICKED, False),
        (data("complained"), EventType.COMPLAINED, False),
        (data("unsubscribed"), EventType.UNSUBSCRIBED, False),
        (data("rejected", reject={"reason": "virus"}), EventType.REJECTED, False),
        (data("accepted"), EventType.UNKNOWN, False),
        (failed(550, "No such user"), EventType.BOUNCED, True),
        (failed(552, "mailbox full"), EventType.BOUNCED, False),
        (failed(550, "blocked as spam", reason="espblock"), EventType.REJECTED, False),
        (failed(550, "no", status={"enhanced-code": "5.7.1"}), EventType.REJECTED, False),
        (failed(450, "greylisted", severity="temporary"), EventType.DEFERRED, False),
        (failed(550, "5.1.1 no", severity="temporary"), EventType.DEFERRED, False),
        (failed(602, "Too old", reason="old"), EventType.BOUNCED, False),
        (
            failed(605, "Not delivering to previously bounced address", reason="suppress-bounce"),
            EventType.BOUNCED,
            True,
        ),
        (failed(607, "Not delivering", reason="suppress-complaint"), EventType.BOUNCED, True),
        (failed(606, "Not delivering", reason="suppress-unsubscribe"), EventType.UNSUBSCRIBED, False),
    ],
)
def test_each_event_in_our_words(told: dict[str, Any], type_: EventType, is_permanent: bool) -> None:
    [event] = events(mailgun(told))
    assert (event.type, event.is_permanent) == (type_, is_permanent)


def test_an_event_that_nobody_knows_is_named() -> None:
    [event] = events(mailgun(data("levitated")))
    assert (event.type, event.reason) == (EventType.UNKNOWN, "levitated")


def test_ids_are_unique_within_a_day_alone() -> None:
    [first] = events(mailgun(data("delivered")))
    [again] = events(mailgun(data("delivered")))
    [a_day_later] = events(mailgun(data("delivered", timestamp=1521472262.9 + 86_400)))
    assert first.id == again.id != a_day_later.id


def test_a_subaccount_is_signed_with_the_key_of_the_account_above() -> None:
    assert events(mailgun(data("delivered"), name="parent-signature"))


@pytest.mark.parametrize(
    "hook",
    [
        mailgun(data("delivered"), key="another key"),
        Hook(body=json.dumps({"event-data": data("delivered")}).encode()),
        Hook(body=json.dumps({"signature": {"signature": ""}, "event-data": data("delivered")}).encode()),
        Hook(body=b"[]"),
    ],
    ids=["other key", "unsigned", "empty", "list"],
)
def test_what_is_not_signed_with_our_key_is_forged(hook: Hook) -> None:
    with pytest.raises(Forged):
        events(hook)


def test_without_a_key_nothing_is_believed() -> None:
    hook = mailgun(data("delivered"), key="")
    with pytest.raises(Forged):
        list(Reports(Options(signing_key="")).events(hook.body, hook.headers, FixedKeys()))


@pytest.mark.parametrize("hook", [Hook(body=b"timestamp=1&token=2"), mailgun({"id": "x"}), mailgun([1])])
def test_another_shape_is_told(hook: Hook) -> None:
    with pytest.raises(UserError, match="mailgun"):
        events(hook)
