"""What every channel must do. One dropped into `vesicle.deliver` is held to its shape by itself."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from inspect import signature
from pathlib import Path
from pkgutil import iter_modules

import pytest
from tests.contract.channels import OPENINGS, Opened, desk

import vesicle.deliver
from vesicle.model.delivery import Delivery, Frozen, Outcome, Policy
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message
from vesicle.model.subscriber import Audience, Subscriber, SubscriberStatus
from vesicle.ports import Rehearsing
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger, MemorySubscribers

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
LEASE = timedelta(hours=1)
_FINDING = {f"vesicle.deliver.{name}" for name in ("bluesky", "bluesky.channel", "mastodon", "line")}
NAMES = sorted(found.name for found in iter_modules(vesicle.deliver.__path__))


@pytest.mark.parametrize("name", NAMES)
def test_options_are_a_frozen_dataclass_with_a_default_for_each(name: str) -> None:
    options = import_module(f"vesicle.deliver.{name}").Options
    made = options()
    assert dataclasses.is_dataclass(made)
    for one in dataclasses.fields(options):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, one.name, "changed")


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_option_is_marked_and_never_shown(name: str) -> None:
    for one in dataclasses.fields(import_module(f"vesicle.deliver.{name}").Options):
        looks_secret = any(word in one.name for word in ("password", "token", "secret", "key"))
        assert bool(one.metadata.get("secret")) == looks_secret
        assert one.repr != looks_secret


@pytest.mark.parametrize("name", NAMES)
def test_the_channel_is_opened_with_its_options_and_a_desk(name: str, tmp_path: Path) -> None:
    module = import_module(f"vesicle.deliver.{name}")
    opened = module.Channel(module.Options(), desk=desk(FixedClock(NOW), tmp_path))
    assert list(signature(opened.deliver_all).parameters) == ["feed", "ledger"]
    assert module.Channel.__doc__


class Witness(MemoryLedger):
    """A ledger that remembers the order of what it was told, and how much had arrived by then."""

    def __init__(self, people: Sequence[Subscriber]) -> None:
        super().__init__(MemorySubscribers(people))
        self.told: list[tuple[str, str, int]] = []
        self.arrived: Callable[[], int] = lambda: 0

    def begin(self, delivery: Delivery, *, now: datetime) -> Future[bool]:
        self.told.append(("begin", delivery.key, self.arrived()))
        return super().begin(delivery, now=now)

    def end(self, delivery: Delivery, outcome: Outcome) -> None:
        self.told.append((outcome.state, delivery.key, self.arrived()))
        super().end(delivery, outcome)


@dataclass(kw_only=True)
class Stand:
    """An opened channel, its clock, and the ledger that owes it something."""

    opened: Opened
    clock: FixedClock
    ledger: Witness = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Witness([READER] if self.opened.is_to_people else [])
        self.ledger.arrived = self.opened.arrived

    def deliver(self, feed: Iterable[Delivery]) -> None:
        """Let the channel deliver *feed*."""
        self.opened.channel.deliver_all(iter(feed), self.ledger)

    @property
    def arrived(self) -> int:
        """Count what has arrived."""
        return self.opened.arrived()

    def owed(self, count: int) -> list[Delivery]:
        """Take *count* deliveries, each of a message of its own."""
        for number in range(count):
            frozen = Frozen(slug=f"one-{number}", channel="c", hash="h", messages={"en": message(number)})
            self.ledger.freeze(frozen, Audience() if self.opened.is_to_people else None)
        return list(self.ledger.take("c", limit=count, now=NOW, lease=LEASE))


READER = Subscriber(id="0f" * 16, email="a@example.com", status=SubscriberStatus.CONFIRMED, language="en")


def message(number: int) -> Message:
    sender = Mailbox(name="News", address="news@example.org")
    return Message(
        channel="c",
        slug=f"slug-{number}",
        lang="en",
        subject="One",
        text="Hi",
        html="<p>Hi</p>",
        sender=sender,
    )


@pytest.fixture(params=sorted(OPENINGS))
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    clock = FixedClock(NOW)
    with OPENINGS[request.param](clock, tmp_path) as opened:
        yield Stand(opened=opened, clock=clock)


def test_each_channel_that_there_is_is_asked_what_follows() -> None:
    assert {*OPENINGS} == {*NAMES, "recording"}


def test_each_delivery_begins_before_it_arrives_and_ends_after_once(stand: Stand) -> None:
    feed = stand.owed(3)
    stand.deliver(feed)
    assert stand.ledger.told == [
        told
        for number, delivery in enumerate(feed)
        for told in (("begin", delivery.key, number), (stand.opened.ending, delivery.key, number + 1))
    ]
    assert stand.arrived == 3


def test_what_the_ledger_lets_nobody_begin_never_arrives(stand: Stand) -> None:
    feed = stand.owed(2)
    stand.clock.forward(LEASE)
    stand.deliver(feed)
    assert stand.arrived == 0
    assert [what for what, _, _ in stand.ledger.told] == ["begin", "begin"]


def test_one_that_somebody_else_owns_does_not_hold_up_the_next(stand: Stand) -> None:
    theirs, ours = stand.owed(2)
    stolen = dataclasses.replace(theirs, token="somebody else's")
    stand.deliver([stolen, ours])
    assert stand.arrived == 1
    assert [told[:2] for told in stand.ledger.told] == [
        ("begin", theirs.key),
        ("begin", ours.key),
        (stand.opened.ending, ours.key),
    ]


def test_a_run_with_nothing_to_deliver_does_nothing(stand: Stand) -> None:
    stand.deliver([])
    assert stand.ledger.told == []
    assert stand.arrived == 0


def test_a_channel_serves_one_run_after_another(stand: Stand) -> None:
    first, second = stand.owed(2)
    stand.deliver([first])
    stand.deliver([second])
    assert stand.arrived == 2


def test_the_feed_is_read_only_a_little_ahead(stand: Stand) -> None:
    """What waits in a list of the channel's own is held by a lease, and given back when the run ends."""
    at_each: list[int] = []

    def feed() -> Iterator[Delivery]:
        for delivery in stand.owed(40):
            at_each.append(stand.arrived)
            yield delivery

    stand.deliver(feed())
    assert all(read - arrived < 10 for read, arrived in enumerate(at_each))


def test_a_channel_that_finds_out_for_itself_says_so_and_can_show_what_it_would_ask(stand: Stand) -> None:
    """An unknown post comes back to such a channel; else it is for a person."""
    channel = stand.opened.channel
    finds_out = getattr(channel, "policy", Policy.HOLD) is Policy.RESEND
    assert finds_out is (type(channel).__module__ in _FINDING)
    if isinstance(channel, Rehearsing):
        calls = list(channel.rehearse(message(0)))
        assert calls
        assert stand.arrived == 0
