"""A sender for the kill tests: freezes, takes, "sends" to a file, and tells each step on its standard output.

Arguments: the database, the file, the present moment, how many to take at once, and the step (such as
`begun`) after which to stand still, the first time, until a line comes on the standard input.
"""

import os
import sys
from datetime import datetime, timedelta
from secrets import token_hex

from vesicle.model.delivery import Delivery, Frozen, Outcome, State
from vesicle.model.message import Message
from vesicle.store.database import open_database
from vesicle.store.ledger import SqlLedger
from vesicle.store.subscribers import SqlSubscribers

ISSUE = Frozen(
    slug="issue",
    channel="email",
    hash="h",
    messages={"en": Message(channel="email", slug="issue", lang="en", text="Nine donors.")},
)


class Teller:
    """Tells each step, and stands still once after the step called *wait*."""

    def __init__(self, wait: str) -> None:
        self._wait = wait

    def __call__(self, step: str, what: object) -> None:
        sys.stdout.write(f"{step} {what}\n")
        sys.stdout.flush()
        if step == self._wait:
            self._wait = ""
            sys.stdin.readline()


def send(delivery: Delivery, out: int) -> None:
    os.write(out, f"{delivery.key}\n".encode())
    os.fsync(out)


def main(path: str, out_path: str, moment: str, limit: str, wait: str = "") -> None:
    tell, now = Teller(wait), datetime.fromisoformat(moment)
    database = open_database(path)
    ledger = SqlLedger(database, random_token=lambda: token_hex(16))
    tell("frozen", ledger.freeze(ISSUE, SqlSubscribers(database).confirmed()))
    out = os.open(out_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    while taken := ledger.take("email", limit=int(limit), now=now, lease=timedelta(minutes=10)):
        tell("taken", len(taken))
        for delivery in taken:
            if ledger.begin(delivery, now=now):
                tell("begun", delivery.key)
                send(delivery, out)
                tell("sent", delivery.key)
                ledger.end(delivery, Outcome(state=State.SENT, at=now))
                tell("ended", delivery.key)
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
