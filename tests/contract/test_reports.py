"""What every file of `learn` promises: a new one is tested by being there, once it has a sample here."""

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.learn import hooks, test_brevo, test_mailgun, test_postmark, test_sendgrid, test_ses
from tests.unit.learn.hooks import Hook
from tests.unit.learn.mails import complaint, group, report, status

from vesicle import registry
from vesicle.learn.mail import read
from vesicle.model.errors import Forged, UserError
from vesicle.model.event import Event
from vesicle.ports import Reports
from vesicle.testing.keys import FixedKeys

NAMES = list(registry.names("learn"))
Sealed = Callable[[Any], Hook]
"""Makes a request of a provider that is signed, or holds the secret, whatever is told in it."""

OPTIONS: dict[str, dict[str, Any]] = {
    "brevo": {"secret": hooks.SECRET},
    "mailgun": {"signing_key": hooks.SECRET},
    "postmark": {"secret": hooks.SECRET},
    "sendgrid": {"public_key": hooks.public_key()},
    "ses": {"topics": (hooks.TOPIC,)},
}
SEALED: dict[str, Sealed] = {
    "brevo": hooks.basic,
    "mailgun": hooks.mailgun,
    "postmark": hooks.basic,
    "sendgrid": hooks.sendgrid,
    "ses": hooks.sns,
}
BOUNCES: dict[str, Any] = {
    "brevo": test_brevo.told("hard_bounce", "550 5.1.1 no"),
    "mailgun": test_mailgun.failed(550, "5.1.1 no"),
    "postmark": test_postmark.bounce(),
    "sendgrid": [test_sendgrid.bounce("5.1.1", "550 5.1.1 no"), test_sendgrid.told("open")],
    "ses": test_ses.bounce("Permanent", status="5.1.1"),
}
SIGNED = sorted(SEALED)


def made(name: str) -> Reports:
    module = import_module(f"vesicle.learn.{name}")
    reports: Reports = module.Reports(module.Options(**OPTIONS[name]))
    return reports


def events(name: str, hook: Hook) -> list[Event]:
    return list(made(name).events(hook.body, hook.headers, hooks.keys()))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def test_each_file_has_a_sample_here() -> None:
    assert sorted(OPTIONS) == NAMES
    assert NAMES == SIGNED


@pytest.mark.parametrize("name", SIGNED)
def test_an_event_says_who_told_it_and_whom_it_is_about(name: str) -> None:
    event = events(name, SEALED[name](BOUNCES[name]))[0]
    assert (event.source, event.recipient, event.is_permanent) == (name, "reader@example.com", True)
    assert event.at is not None
    assert event.at.utcoffset() is not None


@pytest.mark.parametrize("name", SIGNED)
def test_the_same_request_again_tells_the_same(name: str) -> None:
    """Row 43 of the failure matrix: what is told twice, or out of order, has the same ids."""
    hook = SEALED[name](BOUNCES[name])
    assert events(name, hook) == events(name, hook)


@pytest.mark.parametrize("name", SIGNED)
def test_without_secret_or_signature_it_is_forged(name: str) -> None:
    hook = SEALED[name](BOUNCES[name])
    with pytest.raises(Forged):
        list(made(name).events(json.dumps(BOUNCES[name]).encode(), {}, hooks.keys()))
    if name not in ("sendgrid", "ses"):
        with pytest.raises(Forged):
            list(made(name).events(hook.body, hook.headers, FixedKeys()))


@pytest.mark.parametrize("name", NAMES)
@given(body=st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=60)
def test_a_body_of_any_kind_is_forged_or_refused(name: str, body: bytes) -> None:
    with pytest.raises((Forged, UserError)):
        events(name, Hook(body=body))


@pytest.mark.parametrize("name", SIGNED)
@given(data=st.data())
@settings(max_examples=120)
def test_anything_that_is_signed_is_events_or_refused(name: str, data: st.DataObject) -> None:
    """Also where any part of a real event was put in place of any other: providers change what they send."""
    told = _changed(BOUNCES[name], data) if data.draw(st.booleans()) else data.draw(json_values)
    try:
        found = events(name, SEALED[name](told))
    except (Forged, UserError):
        return
    for event in found:
        assert event.source == name
        assert event.id
        assert event.reason.isprintable()
        assert f"{event.recipient}{event.message_id}{event.token}{event.id}{event.code}".encode()


def _changed(value: Any, data: st.DataObject) -> Any:
    """Put something else in place of some part of *value*, at any depth."""
    if data.draw(st.integers(0, 9)) == 0:
        return data.draw(json_values)
    if isinstance(value, dict):
        return {name: _changed(child, data) for name, child in value.items()}
    return [_changed(child, data) for child in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", SIGNED)
def test_a_body_that_is_too_deep_is_refused(name: str) -> None:
    hook = SEALED[name](None)
    deep = b"[" * 100_000
    for body in (deep, hook.body.replace(b"null", deep)):
        with pytest.raises((Forged, UserError)):
            events(name, Hook(body=body, headers=hook.headers))


@pytest.mark.parametrize("content", [report(status(group())), complaint()])
def test_a_mail_told_again_tells_the_same(content: bytes) -> None:
    assert read(content).events == read(content).events != ()


@given(content=st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_other_content_is_a_bounce(content: bytes) -> None:
    assert [event for event in read(content).events if event.is_permanent] == []
