"""A line of the log: an event, `stage.what`, and the facts beside it, `name=value`."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

_EVENT = re.compile(r"[a-z][a-z0-9-]*(?:\.(?:[a-z0-9-]+|%s))+")
_FACT = re.compile(r"([a-z][a-z0-9_]*)=%[a-z]")
# What a value can hold without quotes, so that a line can be taken apart again.
_PLAIN = re.compile(r"[^\s\"=\\]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happened *at* some moment, how grave it is, its facts, and the trace of an exception, if any."""

    at: datetime
    level: str
    event: str
    facts: Mapping[str, object] = field(default_factory=dict)
    trace: str = ""

    def as_text(self) -> str:
        """Give the event and its facts as one line, and each line of the trace below it."""
        facts = [f"{name}={_quoted(value)}" for name, value in self.facts.items()]
        trace = [f"  {line}" for line in self.trace.splitlines()]
        return "\n".join([" ".join([self.event, *facts]), *trace])

    def as_json(self) -> str:
        """Give all of it as one JSON object in one line; a fact never replaces when, how grave or what."""
        named = {"at": stamp(self.at), "level": self.level, "event": self.event}
        trace = {"trace": self.trace} if self.trace else {}
        return json.dumps({**self.facts, **trace, **named}, ensure_ascii=False)

    def mended(self, mend: Callable[[str], str]) -> "Happening":
        """Give the same with every text put through *mend*."""
        facts = {name: mend(one) if isinstance(one, str) else one for name, one in self.facts.items()}
        return Happening(
            at=self.at, level=self.level, event=mend(self.event), facts=facts, trace=mend(self.trace)
        )


def parsed(template: str, values: Sequence[object]) -> tuple[str, dict[str, object]] | None:
    """Give the event and facts of `stage.what name=%s …`; None where *template* is not of that form.

    It is the template that is read, not the finished line: a value may hold spaces and equals signs.
    """
    event, *rest = template.split(" ")
    found = [_FACT.fullmatch(word) for word in rest]
    names = [one[1] for one in found if one]
    inside = event.count("%s")
    if not _EVENT.fullmatch(event) or len(names) != len(rest) or inside + len(names) != len(values):
        return None
    facts = {name: _plain(value) for name, value in zip(names, values[inside:], strict=True)}
    return event % tuple(values[:inside]), facts


def stamp(at: datetime) -> str:
    """Write a moment in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: object) -> object:
    """Give *value* as JSON has it: numbers stay numbers, whatever else becomes text."""
    return value if value is None or type(value) in (bool, int, float) else str(value)


def _quoted(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text.isprintable() else json.dumps(text, ensure_ascii=False)
