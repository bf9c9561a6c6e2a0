"""A sender of its own process: opens a database, and publishes one post through the real channel.

`python -m tests.rim.social.bluesky_worker` forks a sender for each order, one line of JSON on the standard
input, which spares it the imports. It tells the sender's process id first (`pid 7`), its end last
(`ended 7 CODE`, negative for a signal).
"""

import json
import os
import sys
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.rim.sending.parts import open_stores
from tests.rim.social.bluesky_stand import LIMITS, NAME, png

from vesicle.deliver.bluesky import Channel, Options
from vesicle.model.delivery import RESEND_AFTER
from vesicle.ports import LEASE
from vesicle.store.vault import FileVault
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import plain_desk

PNG = png(320, 180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a sender is told: its database, its account, what it publishes (*slug*), and the time it has."""

    database: str
    server: str
    handle: str
    password: str
    slug: str
    at: float

    def line(self) -> str:
        """Give the order as one line."""
        return json.dumps(asdict(self)) + "\n"


def publish(order: Order) -> None:
    """Do what the program does at its start, and publish: what is in doubt comes back after a minute."""
    clock = FixedClock(datetime.fromtimestamp(order.at, UTC))
    plain = plain_desk(clock, name=NAME, limits=LIMITS)
    vault = FileVault(Path(order.database).with_name("tokens.json"))
    options = Options(server=order.server, handle=order.handle, password=order.password)
    channel = Channel(options, desk=replace(plain, vault=vault, draw=lambda card: PNG))
    stores = open_stores(order.database)
    try:
        stores.ledger.recover(now=clock())
        clock.forward(RESEND_AFTER)
        taken = stores.ledger.take(NAME, limit=1, now=clock(), lease=LEASE, of=[order.slug])
        channel.deliver_all(iter(taken), stores.ledger)
    finally:
        stores.close()


def tell(text: str) -> None:
    """Tell one line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Fork a sender for each order, and wait for its end before the next."""
    before: list[int] = []
    for line in iter(sys.stdin.readline, ""):
        while before:
            os.waitpid(before.pop(), 0)
        child = os.fork()
        if child == 0:
            tell(f"pid {os.getpid()}")
            try:
                publish(Order(**json.loads(line)))
            except BaseException as error:
                tell(f"failed {type(error).__name__}: {error}".replace("\n", " "))
                os._exit(1)
            os._exit(0)
        # Not reaped before the next order comes, so that the number is nobody else's while it may be killed.
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert ended
        tell(f"ended {child} {ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status}")
        before.append(child)


if __name__ == "__main__":
    main()
