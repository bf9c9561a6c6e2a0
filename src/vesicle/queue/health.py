"""The health file: how the daemon is, for whoever may read the site's folder but not ask the daemon."""

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from vesicle.model.pulse import Lane, Pulse

FILE = Path(".vesicle", "health.json")
"""Where it stands in the site's folder, wherever the database is."""


def write(path: Path, pulse: Pulse) -> None:
    """Replace the file at once; raises OSError. It is not waited for: after a power cut nobody is alive."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    # Never through a link that somebody left there, and for this user alone from the first byte on.
    draft.unlink(missing_ok=True)
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{json.dumps(as_data(pulse), indent=2)}\n")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def read(path: Path) -> Pulse | None:
    """Give what stands in the file; None where there is none, or nothing that can be read."""
    try:
        return _pulse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def as_data(pulse: Pulse) -> dict[str, object]:
    """Give *pulse* as plain data: times as ISO 8601 in UTC, the time between two ticks in seconds."""
    return {
        "started": _written(pulse.started),
        "every_seconds": pulse.every.total_seconds(),
        "last_sign": _written(pulse.last_sign),
        "last_tick": _written(pulse.last_tick),
        "last_good_tick": _written(pulse.last_good_tick),
        "last_error": pulse.last_error,
        "generation": pulse.generation,
        "lanes": {
            name: {
                "last_look": _written(lane.last_look),
                "open_slots": lane.open_slots,
                "next_slot": _written(lane.next_slot),
            }
            for name, lane in pulse.lanes.items()
        },
    }


def _pulse(data: Mapping[str, Any]) -> Pulse:
    return Pulse(
        started=datetime.fromisoformat(data["started"]),
        every=timedelta(seconds=data["every_seconds"]),
        last_sign=datetime.fromisoformat(data["last_sign"]),
        last_tick=_read(data["last_tick"]),
        last_good_tick=_read(data["last_good_tick"]),
        last_error=data["last_error"],
        generation=data["generation"],
        lanes={name: _lane(lane) for name, lane in data["lanes"].items()},
    )


def _lane(data: Mapping[str, Any]) -> Lane:
    return Lane(
        last_look=_read(data["last_look"]),
        open_slots=data["open_slots"],
        next_slot=_read(data["next_slot"]),
    )


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
