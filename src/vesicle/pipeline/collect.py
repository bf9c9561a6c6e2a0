"""Watch the sources and put what is new into the inbox."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from vesicle.model.errors import OutsideError
from vesicle.model.paper import Harvest
from vesicle.ports import Inbox, Source


def collect(sources: Mapping[str, Source], inbox: Inbox, *, now: datetime) -> Iterator[Harvest]:
    """Run each source from where it last ended and yield the account of it.

    A source that fails is an account with a problem, not the end of the run; what it gave before is kept,
    and its cursor stays where the last whole page left it.
    """
    for name, source in sources.items():
        found = new = 0
        problem = ""
        try:
            for page in source.fetch(inbox.cursor(name)):
                found += len(page.papers)
                new += inbox.add(page.papers, now=now)
                inbox.advance(name, page.cursor)
        except OutsideError as error:
            problem = str(error)
        yield Harvest(source=name, found=found, new=new, problem=problem)
