"""What somebody else's program tells in JSON, asked for by name: what is not there is empty."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from vesicle.model.errors import UserError

_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Told:
    """One value of a JSON document, mostly an object; a *path* is the names to follow from it."""

    value: object

    def at(self, *path: str) -> "Told":
        """Give what stands at *path*; nothing (None) where there is no such thing."""
        value = self.value
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return Told(value)

    def text(self, *path: str) -> str:
        """Give a text or number at *path* as text, at most 20,000 characters; empty for anything else."""
        value = self.at(*path).value
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return ""
        # Half a surrogate pair can be written in JSON and nowhere else.
        return str(value)[:_LONGEST].encode("utf-8", "replace").decode()

    def is_true(self, *path: str) -> bool:
        """Tell whether `true` stands at *path*."""
        return self.at(*path).value is True

    def each(self, *path: str) -> Iterator["Told"]:
        """Yield the members of the list at *path*, or the values of the object."""
        value = self.at(*path).value
        if isinstance(value, list):
            yield from map(Told, value)
        elif isinstance(value, dict):
            yield from map(Told, value.values())

    def moment(self, *path: str) -> datetime | None:
        """Give the moment at *path* in UTC, written as ISO 8601 or as seconds since 1970; None without one.

        A moment that names no zone is UTC.
        """
        value = self.at(*path).value
        try:
            if isinstance(value, str) and not value.replace(".", "", 1).isdecimal():
                found = datetime.fromisoformat(value[:40])
                return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
            seconds = float(self.text(*path)[:40] or "nan")
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            return None


def read(body: bytes, *, by: str) -> Told:
    """Read *body* as JSON; raise UserError, which names the provider *by*, where it is none."""
    try:
        return Told(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{by}: the body is not JSON", mend="send webhooks of this provider alone here"
        ) from error


def an_object(told: Told, *, by: str, wants: str) -> Told:
    """Give *told* where it is an object with a text called *wants*; else raise UserError."""
    if not told.text(wants):
        text = f"{by}: the body has no `{wants}`, so it is none of its webhooks"
        raise UserError(text, mend="send webhooks of this provider alone here")
    return told
