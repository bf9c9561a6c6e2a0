"""Where new papers come from: the last run of each source, and whether it answers."""

from collections.abc import Iterator

from vesicle.model.checkup import Line, away, good, unseen, warning
from vesicle.model.errors import OutsideError
from vesicle.model.paper import Cursor, Harvest
from vesicle.ports import Source

_WHY = "papers are missed until it runs whole again"


def last_run(name: str, last: Harvest | None) -> Iterator[Line]:
    """Yield how the last run of the source called *name* went."""
    what = f"last run of {name}"
    if last is None:
        mend = "run `vesicle watch`"
        yield unseen("doctor.never-run", what, f"the source `{name}` has never been asked", mend=mend)
        return
    if last.problem:
        text = f"the last run of `{name}` was not complete: {last.problem}"
        yield warning("doctor.last-run", what, text, why=_WHY, mend="run `vesicle watch` again")
    for words in last.warnings:
        mend = "look at the query in config.yaml"
        yield warning("doctor.query", what, f"`{name}`: {words}", why="papers may be missed", mend=mend)
    if not (last.problem or last.warnings):
        yield good("doctor.last-run", what, f"found: {last.found}, fetched: {last.fetched}, new: {last.new}")


def reach(name: str, source: Source, cursor: Cursor) -> Iterator[Line]:
    """Yield whether the source called *name* answers."""
    what = f"source {name}"
    try:
        next(iter(source.fetch(cursor)), None)
    except OutsideError as error:
        mend = "look at the address, the query and the network"
        text = f"`{name}` does not answer as it should: {error}"
        yield away("doctor.unreachable", what, text, why=_WHY, mend=mend)
    else:
        yield good("doctor.source", what, f"`{name}` answers")
