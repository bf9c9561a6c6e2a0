from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from vesicle.model.problem import Place, Problem, Severity
from vesicle.ports import Case, Part

_WHY = "Gmail cuts a message off near 102,000 bytes, and the unsubscribe link is at its end."
_MEND = "leave out an item or shorten the longest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The bytes of HTML beyond which a message is warned of, and beyond which it is stopped."""

    warn: int = 90_000
    most: int = 100_000


class Check:
    """The HTML of a message is small enough for Gmail to show all of it."""

    needs: ClassVar[frozenset[Part]] = frozenset({Part.MESSAGES})

    def __init__(self, options: Options) -> None:
        self._options = options

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield an error for each message that is too large, a warning for each that nearly is."""
        for message in case.messages:
            size = len(message.html.encode("utf-8", "surrogatepass"))
            if size <= self._options.warn:
                continue
            is_over = size > self._options.most
            limit = self._options.most if is_over else self._options.warn
            yield Problem(
                code="size.over" if is_over else "size.near",
                text=f"the HTML in {message.lang} has {size:,} bytes, more than {limit:,}",
                where=case.issue.where if case.issue else Place(file=message.slug),
                mend=_MEND,
                why=_WHY,
                severity=Severity.ERROR if is_over else Severity.WARNING,
            )
