"""The machine's clock and what it knows of time zones."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from vesicle.model.checkup import Line, away, fault, good, unseen, warning
from vesicle.model.errors import OutsideError

MOST_OFF = timedelta(seconds=60)
_OLD_YEARS = 2
_CLOCK = "clock"
_ZONES = "time zones"


def clock(differences: Mapping[str, timedelta]) -> Iterator[Line]:
    """Yield how this machine's clock stands to those of others, by what theirs is ahead of it."""
    if not differences:
        mend = "write an https address below `doctor: clock`, or switch a source on"
        yield unseen("doctor.clock", _CLOCK, "no other machine told its time", mend=mend)
        return
    # One of several may be wrong itself: the middle one counts.
    host, ahead = sorted(differences.items(), key=lambda one: one[1])[len(differences) // 2]
    if abs(ahead) <= MOST_OFF:
        yield good("doctor.clock", _CLOCK, f"within a minute of that of {host}")
        return
    side = "behind" if ahead > timedelta() else "ahead of"
    yield fault(
        "doctor.clock-off",
        _CLOCK,
        f"{abs(ahead).total_seconds():.0f} s {side} that of {host}",
        why="issues go out at the wrong moment, and receivers distrust the date of mails",
        mend="let a time service set it: `timedatectl set-ntp true`",
    )


def silent(error: OutsideError) -> Line:
    """Give the line of a clock that was to be asked and does not answer."""
    mend = "write another https address below `doctor: clock`"
    return away("doctor.clock-away", _CLOCK, str(error), why="nobody tells whether ours is right", mend=mend)


def zones(names: Iterator[str], version: str, *, now: datetime) -> Iterator[Line]:
    """Yield how old the rules of time zones are: *version* as the IANA writes it, `2026a`."""
    known = ", ".join(dict.fromkeys(names)) or "none used"
    year = re.match(r"(\d{4})", version)
    if year and now.year - int(year[1]) >= _OLD_YEARS:
        yield warning(
            "doctor.tzdata-old",
            _ZONES,
            f"the rules are those of {version}",
            why="countries change their clocks, and an issue may go out an hour early or late",
            mend="update the package tzdata of the system, and `pip install --upgrade tzdata`",
        )
    else:
        yield good("doctor.zones", _ZONES, f"{known}, by the rules of {version or 'an unknown version'}")
