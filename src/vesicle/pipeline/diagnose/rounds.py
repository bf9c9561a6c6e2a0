"""Goes through what can be looked at: nothing that fails hides anything else."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from vesicle.model.checkup import Health, Line, away, fault, unseen, warning
from vesicle.model.errors import OutsideError, UserError
from vesicle.model.problem import Problem

UNNAMED = "what needs it cannot work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Something to look at; *look* yields what it sees, and whatever it raises is seen as well."""

    name: str
    look: Callable[[], Iterator[Line]]


def diagnose(areas: Iterable[Area], *, watch: Callable[[str], None] = lambda name: None) -> Iterator[Line]:
    """Yield what is seen, area by area; *watch* is told the name of each before it is looked at.

    What several areas say in the same words is said once.
    """
    said: set[Line] = set()
    for area in areas:
        watch(area.name)
        for line in _looked(area):
            if line not in said:
                said.add(line)
                yield line


def unreadable(error: UserError) -> tuple[Area, ...]:
    """Give the areas of a site whose settings cannot be read: what is wrong with them, and nothing else."""
    rest = unseen("doctor.rest", "all else", "it is named by the settings", mend="mend these first")
    return (
        Area(name="configuration", look=lambda: told(error.problems)),
        Area(name="all else", look=lambda: iter([rest])),
    )


def exit_code(lines: Iterable[Line]) -> int:
    """Give 2 where something of ours has a fault, 3 where only the outside world has, else 0."""
    faults = [line for line in lines if line.health is Health.FAULT]
    if any(not line.is_outside for line in faults):
        return 2
    return 3 if faults else 0


def told(problems: Iterable[Problem], *, what: str = "configuration") -> Iterator[Line]:
    """Yield problems of files as lines."""
    for one in problems:
        is_placed = one.where.line is not None
        text = f"{one.where}: {one.text}" if is_placed else one.text
        make = fault if one.is_error else warning
        yield make(one.code, what, text, why=one.why or UNNAMED, mend=one.mend)


def _looked(area: Area) -> Iterator[Line]:
    try:
        yield from area.look()
    except UserError as error:
        yield from told(error.problems, what=area.name)
    except (OutsideError, OSError) as error:
        yield away("doctor.failed", area.name, str(error), why=UNNAMED, mend="see what failed, and ask again")
