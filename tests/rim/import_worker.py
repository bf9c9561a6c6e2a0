"""Imports for the kill tests: each takes a CSV file in, a few lines at a time, and tells each step.

Argument: the CSV file. For every folder named on the standard input an import is forked, which spares it the
packages; its process id comes first and its end last. Its database and its report are in the folder.
"""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from vesicle.model.enrolment import Enrolment, Refusal
from vesicle.model.subscriber import Consent, ConsentEvent
from vesicle.pipeline.enrol import Terms, enrol, import_name
from vesicle.queue.randomness import growing_id
from vesicle.store.database import open_database
from vesicle.store.key import bind_key
from vesicle.store.refusals import RefusalFile
from vesicle.store.subscribers import SqlImport

KEY = b"k" * 32
CHUNK = 7
CONSENT = Consent(event=ConsentEvent.IMPORTED, at=datetime(2026, 11, 26, 9, 0, tzinfo=UTC), source="fair")


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class Telling(RefusalFile):
    """A report that tells when it is written to, which is in the middle of a transaction."""

    def write(self, refusals: Sequence[Refusal]) -> int:
        tell("writing", len(refusals))
        size = super().write(refusals)
        tell("written", size)
        return size


def took(account: Enrolment, _: Sequence[Refusal]) -> None:
    tell("took", account.total)


def take_in(file: Path, folder: Path) -> None:
    database = open_database(str(folder / "vesicle.db"))
    bind_key(database, KEY)
    terms = Terms(file=file.name, language="en", consent=CONSENT, new_id=growing_id)
    with file.open("rb") as stream:
        intake = SqlImport(database, key=KEY, name=import_name(stream, terms))
        begun = intake.begin()
        tell("began", begun.total)
        account = enrol(stream, intake, terms, report=Telling(folder / "refused.csv"), told=took, chunk=CHUNK)
    tell("finished", account.added, account.known, account.refused)
    database.close()


def main(file: str) -> None:
    children: list[int] = []
    for line in sys.stdin:
        while children:
            os.waitpid(children.pop(), 0)
        child = os.fork()
        if not child:
            tell("pid", os.getpid())
            take_in(Path(file), Path(line.rstrip("\n")))
            os._exit(0)
        # Not reaped before the next line comes, so that the number is nobody else's while it may be killed.
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        tell("ended", ended.si_status if ended else "")
        children.append(child)


if __name__ == "__main__":
    main(*sys.argv[1:])
