"""Tellers for the kill tests: each notes words one by one and tells them, a digest each.

Arguments: how many words. For every database named on the standard input a teller is forked, which spares it
the imports; its process id comes first and its end last.
"""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from vesicle.model.delivery import Frozen
from vesicle.model.word import Cause, Digest, Pace, Word
from vesicle.store.database import open_database
from vesicle.store.words import SqlWords
from vesicle.testing import nouns

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
PACE = Pace(every=timedelta(0), most_a_day=10_000)


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def mails(digest: Digest) -> Sequence[Frozen]:
    told = " ".join(word.about for word in digest.words)
    return [nouns.notice("word", str(digest.number), address="editor@x.example", hash=told)]


def tell_all(path: str, number: int) -> None:
    database = open_database(path)
    words = SqlWords(database)
    for about in map(str, range(number)):
        say("noting", about)
        words.note([Word(cause=Cause.DRAFT, about=about, state="a", text="x")], now=NOW)
        say("telling", about)
        words.tell(mails, now=NOW, pace=PACE)
        say("told", about)
    database.close()


def main(number: str) -> None:
    children: list[int] = []
    for line in sys.stdin:
        while children:
            os.waitpid(children.pop(), 0)
        child = os.fork()
        if not child:
            say("pid", os.getpid())
            tell_all(line.rstrip("\n"), int(number))
            os._exit(0)
        # Not reaped before the next line comes, so that the number is nobody else's while it may be killed.
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        say("ended", ended.si_status if ended else "")
        children.append(child)


if __name__ == "__main__":
    main(*sys.argv[1:])
