"""The error tree. The type carries the consequence: who has to act, and whether to try again."""

from collections.abc import Iterable
from datetime import timedelta

from vesicle.model.problem import Place, Problem


class VesicleError(Exception):
    """Whatever Vesicle raises on purpose."""


class UserError(VesicleError):
    """A command or a setting is wrong: shown without a traceback, all problems at once, exit 2."""

    def __init__(self, problems: Iterable[Problem] | str, *, mend: str = "") -> None:
        if isinstance(problems, str):
            where = Place(file="vesicle")
            problems = [Problem(code="command", text=problems, where=where, mend=mend)]
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ContentError(UserError):
    """Content or templates have problems that stop what was asked for: exit 1."""


class OutsideError(VesicleError):
    """The outside world failed: exit 3."""


class TemporaryFailure(OutsideError):
    """It did not happen and may work later; *wait* is how long the other side asked us to stay away."""

    def __init__(self, text: str, *, wait: timedelta | None = None) -> None:
        super().__init__(text)
        self.wait = wait


class Busy(TemporaryFailure):
    """Another process does this already."""


class PermanentFailure(OutsideError):
    """It did not happen and never will in this form."""


class NotFound(PermanentFailure):
    """There is nothing at that place."""


class Forged(PermanentFailure):
    """It was not signed by whom it claims to be from."""


class DiskFailure(OutsideError):
    """The disk failed to keep what it was given: stop, since what it holds now is not known."""


class OutcomeUnknown(OutsideError):
    """It may have happened. Never retried by itself."""
