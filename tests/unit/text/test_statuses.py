"""Whose fault a refusal is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.event import EventType
from vesicle.text import statuses


@pytest.mark.parametrize(
    ("code", "type_", "is_permanent"),
    [
        ("5.1.0", EventType.BOUNCED, True),
        ("5.1.1", EventType.BOUNCED, True),
        ("5.1.2", EventType.BOUNCED, True),
        ("5.1.10", EventType.BOUNCED, True),
        ("5.2.0", EventType.BOUNCED, True),
        ("5.2.1", EventType.BOUNCED, True),
        ("5.4.1", EventType.BOUNCED, True),
        ("5.5.0", EventType.BOUNCED, True),
        ("5.0.0", EventType.BOUNCED, True),
        ("5.2.2", EventType.BOUNCED, False),
        ("5.2.3", EventType.BOUNCED, False),
        ("5.3.2", EventType.BOUNCED, False),
        ("5.4.7", EventType.BOUNCED, False),
        ("5.5.2", EventType.BOUNCED, False),
        ("4.0.0", EventType.BOUNCED, False),
        ("4.7.1", EventType.BOUNCED, False),
        ("", EventType.BOUNCED, False),
        ("5.1.7", EventType.REJECTED, False),
        ("5.1.8", EventType.REJECTED, False),
        ("5.3.4", EventType.REJECTED, False),
        ("5.6.1", EventType.REJECTED, False),
        ("5.7.26", EventType.REJECTED, False),
    ],
)
def test_only_what_is_about_the_address_counts_against_it(
    code: str, type_: EventType, is_permanent: bool
) -> None:
    assert statuses.judge(code) == statuses.Verdict(type=type_, is_permanent=is_permanent)


@pytest.mark.parametrize(
    ("text", "type_", "is_permanent"),
    [
        ("550 no such user", EventType.BOUNCED, True),
        ("smtp;550 no such user", EventType.BOUNCED, True),
        ("450 try later", EventType.BOUNCED, False),
        ("552 too much", EventType.BOUNCED, False),
        ("530 log in first", EventType.REJECTED, False),
        ("554 message looks like spam", EventType.REJECTED, False),
        ("554 exceeded storage allocation", EventType.BOUNCED, False),
        ("no words that mean anything", EventType.BOUNCED, False),
    ],
)
def test_without_a_code_the_reply_and_its_words_count(
    text: str, type_: EventType, is_permanent: bool
) -> None:
    assert statuses.judge("", text) == statuses.Verdict(type=type_, is_permanent=is_permanent)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("smtp; 550 5.1.1 <x@example.com>", "5.1.1"),
        ("host mx[192.0.2.5] said: 550-5.7.1 go away", "5.7.1"),
        ("5.0.0 and then 550 #5.1.1", "5.1.1"),
        ("no mailbox here (#5.1.1).", "5.1.1"),
        ("version 5.1.1.2 of 5.1.1-beta", "5.1.1"),
        ("see 5.1.1.2", ""),
        ("15.1.1 and 3.1.1 and 5.1", ""),
        ("", ""),
    ],
)
def test_the_code_of_the_server_is_found_in_what_it_says(text: str, code: str) -> None:
    assert statuses.code_in(text) == code


@given(st.text(), st.text())
def test_only_a_bounce_can_be_permanent(code: str, text: str) -> None:
    verdict = statuses.judge(code, text)
    assert verdict.type in (EventType.BOUNCED, EventType.REJECTED)
    assert verdict.type is EventType.BOUNCED or not verdict.is_permanent
