"""Watchers for the kill tests: each asks PubMed once by the pipeline, and tells each step.

Argument: the address of the server. For every database named on the standard input a watcher is forked,
which spares it the imports; its process id comes first and its end last. A watcher signs its requests with
its process id, so that the server knows whom it is talking to.
"""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from vesicle.curate.rules import Rules
from vesicle.model.paper import Cursor, Page
from vesicle.net.http import Http
from vesicle.pipeline.collect import Desk, harvest
from vesicle.store.database import open_database
from vesicle.store.inbox import SqlInbox
from vesicle.watch.pubmed import Options, Source

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
PAGE = 10


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A source that tells when a page is there and when it was stored."""

    source: Source

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        """Yield the pages of the source."""
        for page in self.source.fetch(cursor):
            tell("fetched", *(paper.pmid for paper in page.papers))
            yield page
            tell("stored", *(paper.pmid for paper in page.papers))


def watch(path: str, url: str, get: Callable[[str], bytes]) -> None:
    """Run the source once, into the database at *path*."""
    options = Options(
        query="secretome[tiab]",
        email="editor@example.org",
        tool=f"vesicle-{os.getpid()}",
        base=f"{url}/entrez/eutils",
        page=PAGE,
    )
    source = Source(options, fetch=get, today=NOW.date)
    database = open_database(path)
    desk = Desk(inbox=SqlInbox(database), rules=Rules(), now=NOW)
    account = harvest("pubmed", Telling(source=source), desk)
    tell("complete" if not account.problem else f"problem {account.problem}")
    database.close()


def main(url: str) -> None:
    # No connection is made before the fork, so that the watchers share none.
    http = Http(contact="editor@example.org", pauses=())
    children: list[int] = []
    for line in sys.stdin:
        while children:
            os.waitpid(children.pop(), 0)
        child = os.fork()
        if not child:
            tell("pid", os.getpid())
            watch(line.rstrip("\n"), url, http.get)
            os._exit(0)
        # Not reaped before the next line comes, so that the number is nobody else's while it may be killed.
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        tell("ended", ended.si_status if ended else "")
        children.append(child)


if __name__ == "__main__":
    main(*sys.argv[1:])
