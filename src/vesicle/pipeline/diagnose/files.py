"""Content, as `vesicle check` sees it."""

from collections.abc import Iterable, Iterator

from vesicle.model.checkup import Line, good, warning
from vesicle.model.problem import Problem
from vesicle.pipeline.inspect import Inspection

_WHAT = "content"


def look(found: Inspection, others: Iterable[Problem]) -> Iterator[Line]:
    """Yield how many problems there are in content; *others* are those of what is no issue."""
    problems = (*found.problems, *others)
    errors = sum(one.is_error for one in problems)
    counts = f"items: {found.items}, issues: {found.issues}"
    if not problems:
        yield good("doctor.content", _WHAT, counts)
        return
    yield warning(
        "doctor.content-problems",
        _WHAT,
        f"{counts}, errors: {errors}, warnings: {len(problems) - errors}",
        why="an issue with an error is not sent",
        mend="`vesicle check` names each with file, line and mend",
    )
