"""Watchers for the kill tests: each stores pages of papers, then finishes its run, and tells each step.

Arguments: how many pages, how many papers a page. For every database named on the standard input a watcher
is forked, which spares it the imports; its process id comes first and its end last. A run whose
cursor is there already does nothing.
"""

import os
import sys
from datetime import UTC, datetime

from vesicle.model.paper import Cursor, Harvest, Judgement, Paper, Standing
from vesicle.ports import Entry
from vesicle.store.database import open_database
from vesicle.store.inbox import SqlInbox

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
JUDGEMENT = Judgement(score=1, reasons=(), standing=Standing.SOUND, is_preprint=False)


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def entry(number: int) -> Entry:
    """Give a paper that a run stores."""
    paper = Paper(
        source="pubmed",
        id=str(number),
        pmid=str(number),
        doi=f"10.1/{number}",
        title=f"Paper {number} about something",
        url=f"https://example.org/{number}",
    )
    return Entry(paper=paper, judgement=JUDGEMENT)


def watch(path: str, *, pages: int, size: int) -> None:
    database = open_database(path)
    inbox = SqlInbox(database)
    if inbox.cursor("pubmed") == Cursor():
        for page in range(pages):
            tell("storing", page)
            numbers = range(page * size + 1, (page + 1) * size + 1)
            stored = inbox.store(map(entry, numbers), now=NOW)
            tell("stored", stored.new, stored.changed)
        tell("finishing")
        harvest = Harvest(source="pubmed", found=pages * size, new=pages * size)
        inbox.finish(harvest, Cursor(position="end"), now=NOW)
    tell("finished")
    database.close()


def main(pages: str, size: str) -> None:
    children: list[int] = []
    for line in sys.stdin:
        while children:
            os.waitpid(children.pop(), 0)
        child = os.fork()
        if not child:
            tell("pid", os.getpid())
            watch(line.rstrip("\n"), pages=int(pages), size=int(size))
            os._exit(0)
        # Not reaped before the next line comes, so that the number is nobody else's while it may be killed.
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        tell("ended", ended.si_status if ended else "")
        children.append(child)


if __name__ == "__main__":
    main(*sys.argv[1:])
