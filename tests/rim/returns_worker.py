"""Readers of a mailbox for the kill test: each reads it once by the pipeline, and tells each step.

For every folder named on the standard input a reader is forked, which spares it the imports; its process id
comes first and its end last.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.rim.returned import KEY, NOW

from vesicle.learn.mail import read
from vesicle.mailbox import maildir
from vesicle.model.event import Event, Noted
from vesicle.model.rates import Rates
from vesicle.pipeline import returns
from vesicle.pipeline.returns import Collecting, collect
from vesicle.ports import Mailbox, Returned, Rule, never
from vesicle.store.database import open_database
from vesicle.store.returns import SqlReturns

returns.AT_ONCE = 7  # so that a kill finds many transactions


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingMailbox:
    """A mailbox that tells before and after it puts a mail aside."""

    mailbox: Mailbox

    def new(self) -> Iterator[Returned]:
        return self.mailbox.new()

    def put_aside(self, mail_id: str, *, is_understood: bool) -> None:
        tell("moving")
        self.mailbox.put_aside(mail_id, is_understood=is_understood)
        tell("moved")


class TellingReturns(SqlReturns):
    """What came back, telling before and after it is written down."""

    def take(self, events: Sequence[Event], rule: Rule, *, is_signed: bool, now: datetime) -> Sequence[Noted]:
        tell("writing")
        noted = super().take(events, rule, is_signed=is_signed, now=now)
        tell("written")
        return noted


def work(folder: Path) -> None:
    database = open_database(str(folder / "vesicle.db"))
    box = maildir.Mailbox(maildir.Options(path="Maildir"), folder=folder)
    taken = TellingReturns(database, key=KEY, most=Rates())
    collecting = Collecting(returns=taken, read=read, clock=lambda: NOW, stopping=never)
    collect({"bounces": TellingMailbox(mailbox=box)}, collecting)
    database.close()


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            tell("pid", os.getpid())
            work(Path(line.rstrip("\n")))
            os._exit(0)
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        tell("ended", ended.si_status if ended else "")
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
