"""Workers for the kill tests: each publishes what is owed in a database through the channel `telegram`.

For every line of JSON on the standard input, with the *database* and the *base* of the Bot API, a worker is
forked, which spares it the imports; its process id comes first and its end last.
"""

import json
import os
import sys

from tests.rim.social.botapi import CHAT, TOKEN

from vesicle.deliver.telegram import Channel, Options
from vesicle.ports import LEASE
from vesicle.queue.clock import now
from vesicle.queue.randomness import random_number
from vesicle.store.database import open_database
from vesicle.store.ledger import SqlLedger
from vesicle.testing.desk import plain_desk


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def publish(path: str, base: str) -> None:
    """Do what a sender does that knows it is the only one alive."""
    database = open_database(path)
    ledger = SqlLedger(database, random_token=random_number)
    ledger.recover(now=now())
    channel = Channel(Options(token=TOKEN, chat=CHAT, base=base), desk=plain_desk(now, name="telegram"))
    channel.deliver_all(iter(ledger.take("telegram", limit=9, now=now(), lease=LEASE)), ledger)
    ledger.close()
    database.close()


def main() -> None:
    children: list[int] = []
    for line in sys.stdin:
        while children:
            os.waitpid(children.pop(), 0)
        child = os.fork()
        if not child:
            say("pid", os.getpid())
            publish(**json.loads(line))
            os._exit(0)
        # Not reaped before the next line comes, so that the number is nobody else's while it may be killed.
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        say("ended", ended.si_status if ended else "")
        children.append(child)


if __name__ == "__main__":
    main()
