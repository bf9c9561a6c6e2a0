"""What is wrong with a file or a message, where, and how to mend it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem matters: an error stops what was asked for, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a file of the site; line and column count from 1 and are None where unknown."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that a person has to look at.

    *code* is stable and names the rule (`content.unknown-key`, `links.relative`); *text* says what is
    wrong, *why* the reason for the rule where it is not plain, *mend* what to write instead.
    """

    code: str
    text: str
    where: Place
    mend: str
    why: str = ""
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        """Tell whether the problem stops what was asked for."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        return f"{self.where}: {self.text} ({self.mend})"
