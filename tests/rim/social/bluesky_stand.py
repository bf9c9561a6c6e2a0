"""Posts for one account of Bluesky, a ledger that they are owed in, and channels that are opened anew."""

import json
import struct
import zlib
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image
from tests.rim.social.bluesky_pds import HANDLE, PASSWORD

from vesicle.deliver.bluesky import Channel, Options
from vesicle.model.delivery import Delivery, Frozen, Outcome, Policy, State
from vesicle.model.limits import Frame, Length, Limits, Unit
from vesicle.model.message import Card, Link, Message, Picture
from vesicle.ports import LEASE, Desk
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import MemoryVault, plain_desk
from vesicle.testing.memory import MemoryLedger

NOW = datetime(2026, 11, 26, 9, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NAME = "bluesky"
LIMITS = Limits(
    lengths=(Length(most=300, unit=Unit.GRAPHEMES), Length(most=3000, unit=Unit.BYTES)),
    checked=date(2026, 11, 22),
    has_threads=True,
    most_alt=2000,
    most_bytes=1_000_000,
    frame=Frame(width=1600, height=900),
)
CARD = Card(source="#set page()", data='{"title": "Nine donors"}', frame=Frame(width=1600, height=900))
PICTURE = Picture(src=CARD.name, alt="Nine donors, in three rows", card=CARD)
URL = "https://doi.org/10.1186/s13287-023-03298-2"


def png(width: int = 1600, height: int = 900, *, colour: int = 0x3B) -> bytes:
    """Give a picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes([colour]) * width) * height, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def noisy(side: int) -> bytes:
    """Give a picture that is hard to make small."""
    written = BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(written, "PNG")
    return written.getvalue()


def post(text: str = "Nine donors.", **changes: Any) -> Message:
    """Give a post of one text."""
    return Message(**{"channel": NAME, "slug": "donors", "lang": "en", "text": text} | changes)


def thread(count: int = 5, **changes: Any) -> Message:
    """Give a post of several texts, with a card and a link in the last."""
    parts = [f"{number}. What donor {number} told 👩‍🔬" for number in range(1, count)] + [f"Read {URL}"]
    return post(
        "\n\n".join(parts),
        **{
            "parts": tuple(parts),
            "links": (Link(url=URL, text=URL),),
            "pictures": (PICTURE,),
        }
        | changes,
    )


@dataclass(kw_only=True)
class Stand:
    """An account at *server*, what is owed there, and the one who delivers it.

    Every `deliver` opens a new channel, as another process would.
    """

    server: str
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    ledger: Any = None
    vault: MemoryVault = field(default_factory=MemoryVault)
    limits: Limits = LIMITS
    draw: Callable[[Card], bytes] = lambda card: png()
    options: Options = field(default_factory=Options)
    slugs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = self.ledger or MemoryLedger()
        if not self.options.handle:
            self.options = Options(server=self.server, handle=HANDLE, password=PASSWORD, view=self.server)

    def owe(self, message: Message, *, give_up: datetime | None = None) -> str:
        """Write *message* down as owed; give the name of it."""
        slug = f"issue/item-{len(self.slugs)}/{NAME}"
        frozen = Frozen(
            slug=slug,
            channel=NAME,
            hash="h",
            messages={"en": message},
            policy=Policy.RESEND,
            give_up=give_up,
        )
        self.ledger.freeze(frozen, None)
        self.slugs.append(slug)
        return slug

    def take(self) -> Generator[Delivery]:
        """Take what is due; what is not asked for goes back."""
        rest = deque(self.ledger.take(NAME, limit=20, now=self.clock(), lease=LEASE))
        try:
            while rest:
                yield rest.popleft()
        finally:
            self.ledger.release(rest)

    def channel(self) -> Channel:
        """Open the channel."""
        return Channel(self.options, desk=self.desk())

    def desk(self) -> Desk:
        """Give what it is opened with."""
        plain = plain_desk(self.clock, name=NAME, limits=self.limits, vault=self.vault)
        return replace(plain, draw=self.draw)

    def deliver(self, *, later: timedelta = timedelta()) -> State:
        """Deliver what is due *later* than the last time; give the state of what was owed last."""
        self.clock.forward(later)
        with closing(self.take()) as feed:
            self.channel().deliver_all(feed, self.ledger)
        return self.state()

    def deliver_to_the_end(self) -> State:
        """Deliver again and again until nothing is owed any more."""
        for _ in range(20):
            state = self.deliver(later=MINUTE)
            if state not in (State.DEFERRED, State.UNKNOWN, State.PENDING):
                break
        return state

    def state(self, slug: str = "") -> State:
        """Tell where a post is."""
        (state,) = self.ledger.tally(slug or self.slugs[-1]).counts
        assert isinstance(state, State)
        return state

    def outcome(self) -> Outcome:
        """Tell how what was owed last ended, in memory."""
        found = self.ledger.outcome(f"{self.slugs[-1]}:{NAME}")
        assert isinstance(found, Outcome)
        return found

    def kept(self) -> dict[str, Any]:
        """Give what is in the vault."""
        found: dict[str, Any] = json.loads(self.vault.kept or "{}")
        return found
