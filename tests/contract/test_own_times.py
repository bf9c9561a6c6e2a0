"""Each reader at a time of day of their own zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.contract.conftest import CONSENT

from vesicle.model.delivery import Frozen, Outcome, State
from vesicle.model.message import Message
from vesicle.model.subscriber import Audience, Subscriber, SubscriberStatus
from vesicle.ports import Ledger, Subscribers

NINE = datetime(2026, 11, 26, 9, 0)  # noqa: DTZ001 - a wall time has no zone
START = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)  # nine in the first zone of all
LEASE = timedelta(minutes=2)
ZONES = ("Pacific/Kiritimati", "Asia/Tehran", "", "America/New_York", "Moon/Tranquility")
FROZEN = Frozen(
    slug="one",
    channel="email",
    hash="x",
    messages={"en": Message(channel="email", slug="one", lang="en", text="Text")},
    at=START,
    wall=NINE,
    zone="Asia/Bangkok",
)


@pytest.fixture
def scattered(subscribers: Subscribers) -> list[Subscriber]:
    people = [
        Subscriber(
            id=f"{number:032x}",
            email=f"{number}@example.org",
            status=SubscriberStatus.CONFIRMED,
            language="en",
            zone=zone,
        )
        for number, zone in enumerate(ZONES, start=1)
    ]
    for person in people:
        subscribers.add([(person, CONSENT)])
    return people


def numbers(ledger: Ledger, now: datetime) -> set[int]:
    found = ledger.take("email", limit=10, now=now, lease=LEASE)
    for one in found:
        assert ledger.begin(one, now=now).result()
        ledger.end(one, Outcome(state=State.SENT, at=now))
    ledger.flush()
    return {int(one.to.id, 16) for one in found if one.to}


def at(hour: int, minute: int = 0, *, day: int = 26) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.usefixtures("scattered")
def test_each_reader_gets_it_at_that_time_of_their_own_zone(ledger: Ledger) -> None:
    ledger.freeze(FROZEN, Audience())
    assert numbers(ledger, START) == {1}
    assert numbers(ledger, at(1, 59)) == set()
    # Who has no zone, or one that there is not, has that of the newsletter.
    assert numbers(ledger, at(2)) == {3, 5}
    assert numbers(ledger, at(5, 30)) == {2}
    assert numbers(ledger, at(13, 59)) == set()
    assert numbers(ledger, at(14)) == {4}
    assert ledger.tally("one")[State.SENT] == 5


@pytest.mark.usefixtures("scattered")
def test_whose_time_had_come_when_it_was_frozen_gets_it_at_once(ledger: Ledger) -> None:
    ledger.freeze(replace(FROZEN, at=at(6)), Audience())
    assert numbers(ledger, at(6)) == {1, 2, 3, 5}


@pytest.mark.usefixtures("scattered")
def test_who_still_waits_is_owed_it_and_counts_as_late_only_when_never_tried(ledger: Ledger) -> None:
    ledger.freeze(FROZEN, Audience())
    assert set(ledger.owed("one")) == {"email"}
    assert ledger.late("one", before=at(2)) == 0
    assert ledger.late("one", before=at(2, 1)) == 2
    assert ledger.late("one", before=at(14, 1)) == 4
    numbers(ledger, at(14))
    assert ledger.late("one", before=at(14, 1)) == 0
    assert set(ledger.owed("one")) == set()


def test_what_was_frozen_reads_back_with_its_time(ledger: Ledger) -> None:
    ledger.freeze(FROZEN, Audience())
    assert ledger.frozen("one") == FROZEN


@pytest.mark.usefixtures("scattered")
def test_without_such_a_time_nobody_is_late(ledger: Ledger) -> None:
    ledger.freeze(replace(FROZEN, wall=None), Audience())
    assert ledger.late("one", before=at(14)) == 0
    assert numbers(ledger, START) == {1, 2, 3, 4, 5}


@pytest.mark.usefixtures("scattered")
def test_what_is_owed_of_an_issue_counts_its_posts(ledger: Ledger) -> None:
    post = replace(FROZEN, slug="one/item/bluesky", channel="bluesky", wall=None)
    ledger.freeze(replace(FROZEN, wall=None), Audience(), posts=[post])
    numbers(ledger, START)
    assert set(ledger.owed("one")) == {"bluesky"}
    assert set(ledger.owed("one/item/bluesky")) == {"bluesky"}
    assert set(ledger.owed("on")) == set()
