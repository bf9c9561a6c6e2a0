"""A Mastodon channel with a ledger, to publish on a server with."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.rim.social.mastodon_fake import TOKEN, FakeMastodon

from vesicle.deliver.mastodon import Channel, Options
from vesicle.model.delivery import Delivery, Frozen, Outcome, State
from vesicle.model.errors import OutsideError
from vesicle.model.limits import Frame, Length, Limits, Unit
from vesicle.model.message import Card, Message, Picture
from vesicle.ports import LEASE, Desk
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import plain_desk
from vesicle.testing.memory import MemoryLedger

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
SLUG = "issue/item/mastodon"
FRAME = Frame(width=1600, height=900)
CARD = Card(source="#text", data='{"title": "Nine donors"}', frame=FRAME)
ALT = "Nine donors: skin, bone and time."
TEXT = 'What nine donors tell. 10.1 % ± 2 — of "12" & <13>\n\nhttps://doi.org/10.1000/xyz?a=1&b=2 #skin'
POST = Message(channel="mastodon", slug="item", lang="en", text=TEXT)
CARDED = replace(POST, pictures=(Picture(src=CARD.name, alt=ALT, card=CARD),))
PARTS = tuple(f"Part {number} of five, and https://doi.org/10.1000/xyz" for number in range(1, 6))
THREAD = replace(CARDED, text="\n\n".join(PARTS), parts=PARTS)
LIMITS = Limits(
    lengths=(Length(most=500, unit=Unit.MASTODON),),
    checked=date(2026, 11, 22),
    has_threads=True,
    most_alt=1500,
    most_bytes=16_777_216,
    frame=FRAME,
)


@dataclass(slots=True, kw_only=True)
class Stand:
    """A ledger with what is owed, and the channel to *server*; each run opens it anew."""

    server: FakeMastodon
    ledger: Any = field(default_factory=MemoryLedger)
    limits: Limits = LIMITS
    token: str = TOKEN
    visibility: Any = "public"
    draw: Callable[[Card], bytes] = lambda card: b"a picture"
    waits: list[float] = field(default_factory=list)
    raised: list[OutsideError] = field(default_factory=list)

    @property
    def clock(self) -> FixedClock:
        """Give the clock of both sides."""
        return self.server.clock

    def desk(self, **more: Any) -> Desk:
        """Give what the channel is opened with; its waiting moves the clock."""
        return replace(
            plain_desk(self.clock, name="mastodon", limits=self.limits),
            draw=self.draw,
            wait=self._wait,
            **more,
        )

    def channel(self, **more: Any) -> Channel:
        """Give the channel."""
        options = Options(server=self.server.api.url, token=self.token, visibility=self.visibility)
        return Channel(options, desk=self.desk(**more))

    def owe(self, message: Message, slug: str = SLUG, **more: Any) -> None:
        """Write down that *message* is owed."""
        messages = {message.lang: message}
        frozen = Frozen(
            slug=slug, channel="mastodon", hash="h", messages=messages, policy=Channel.policy, **more
        )
        self.ledger.freeze(frozen, None)

    def taken(self) -> list[Delivery]:
        """Take what is due."""
        return list(self.ledger.take("mastodon", limit=9, now=self.clock(), lease=LEASE))

    def run(self, slug: str = SLUG) -> State:
        """Deliver what is due, and give the state of one; what was raised is in `raised`."""
        with suppress(OutsideError):
            try:
                self.channel().deliver_all(iter(self.taken()), self.ledger)
            except OutsideError as error:
                self.raised.append(error)
        (state,) = self.ledger.tally(slug).counts
        return State(state)

    def publish(self, message: Message, slug: str = SLUG) -> State:
        """Owe *message* and deliver it."""
        self.owe(message, slug)
        return self.run(slug)

    def settle(self, *, every: timedelta = timedelta(minutes=2)) -> State:
        """Deliver again and again, *every* so often, until nothing is owed."""
        state = self.run()
        for _ in range(30):
            if not self.ledger.owed(SLUG):
                return state
            self.clock.forward(every)
            state = self.run()
        raise AssertionError(f"it is {state} still")

    def outcome(self, slug: str = SLUG) -> Outcome:
        """Give how it ended last."""
        found: Outcome | None = self.ledger.outcome(f"{slug}:mastodon")
        assert found
        return found

    def chain(self) -> list[str]:
        """Give the texts of the thread as it stands on the server, each below the one before."""
        above, texts = None, []
        for one in self.server.statuses:
            assert one["in_reply_to_id"] == above
            above = one["id"]
            texts.append(one["text"])
        return texts

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.forward(timedelta(seconds=seconds))


def fake(clock: FixedClock | None = None) -> FakeMastodon:
    """Give a server that nothing is on."""
    return FakeMastodon(clock=clock or FixedClock(NOW))
