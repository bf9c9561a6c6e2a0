"""A publisher of its own process: opens a database, and publishes what is owed on a Mastodon server.

`python -m tests.rim.social.mastodon_worker` forks one for each order, a line of JSON on the standard input,
which spares it the imports; its process id comes first (`pid 7`), its end last (`ended 7 CODE`, negative for
a signal).
"""

import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory
from threading import active_count

from tests.rim.sending.parts import open_stores
from tests.rim.social.mastodon_stand import ALT, CARD, LIMITS

from vesicle.deliver.mastodon import Channel, Options
from vesicle.model.delivery import Delivery, Frozen, Outcome
from vesicle.model.errors import TemporaryFailure
from vesicle.model.limits import Unit
from vesicle.model.message import Message, Picture
from vesicle.ports import LEASE
from vesicle.queue.clock import now
from vesicle.queue.randomness import random_number
from vesicle.store.database import Database
from vesicle.store.ledger import SqlLedger
from vesicle.testing.desk import plain_desk
from vesicle.testing.sink import tell
from vesicle.text.counting import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a publisher is told: *texts* are the parts, *ahead* (seconds) is how far its clock is.

    With *dies* it kills itself where it would write down how the post ended.
    """

    database: str
    url: str
    token: str
    slug: str
    texts: tuple[str, ...]
    has_card: bool = False
    ahead: float = 0.0
    dies: bool = False

    def line(self) -> str:
        """Give the order as one line."""
        return json.dumps(asdict(self)) + "\n"

    @property
    def message(self) -> Message:
        """Give what is to be published."""
        pictures = (Picture(src=CARD.name, alt=ALT, card=CARD),) if self.has_card else ()
        return Message(
            channel="mastodon",
            slug="item",
            lang="en",
            text="\n\n".join(self.texts),
            parts=tuple(self.texts) if len(self.texts) > 1 else (),
            pictures=pictures,
        )


class DyingLedger(SqlLedger):
    """Its process is killed where it would write down how something ended."""

    def end(self, delivery: Delivery, outcome: Outcome) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def publish(order: Order) -> None:
    """Publish what is owed of the order's post, written down now if it was not before."""

    def ledger(database: Database) -> SqlLedger:
        return (DyingLedger if order.dies else SqlLedger)(database, random_token=random_number)

    def clock() -> datetime:
        return now() + timedelta(seconds=order.ahead)

    stores = open_stores(order.database, ledger)
    try:
        stores.ledger.recover(now=now())
        messages = {"en": order.message}
        frozen = Frozen(
            slug=order.slug, channel="mastodon", hash="h", messages=messages, policy=Channel.policy
        )
        stores.ledger.freeze(frozen, None)
        taken = stores.ledger.take("mastodon", limit=9, now=clock(), lease=LEASE, of={order.slug})
        desk = replace(plain_desk(clock, name="mastodon", limits=LIMITS), draw=lambda card: b"a picture")
        channel = Channel(Options(server=order.url, token=order.token), desk=desk)
        channel.deliver_all(iter(taken), stores.ledger)
    finally:
        stores.close()


def warm() -> None:
    """Do once what is slow the first time: import, and prepare to count. No thread is left of it."""
    count("https://doi.org", Unit.MASTODON)
    with TemporaryDirectory() as folder, suppress(TemporaryFailure):
        nowhere = "http://127.0.0.1:1"
        publish(Order(database=f"{folder}/v.db", url=nowhere, token="-", slug="i/i/m", texts=("Hi",)))
    assert active_count() == 1


def main() -> None:
    """Fork a publisher for each order, and wait for its end before the next."""
    warm()
    before: list[int] = []
    while line := sys.stdin.readline():
        while before:
            os.waitpid(before.pop(), 0)
        child = os.fork()
        if child == 0:
            tell(f"pid {os.getpid()}")
            publish(Order(**json.loads(line)))
            os._exit(0)
        # Not reaped before the next order comes, so that the number is nobody else's while it may be killed.
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert ended
        code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        tell(f"ended {child} {code}")
        before.append(child)


if __name__ == "__main__":
    main()
