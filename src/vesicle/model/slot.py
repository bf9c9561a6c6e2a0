"""What is due again and again, and each of its due moments."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Job(StrEnum):
    """What is done at a slot; the first part of the name of its timetable."""

    ISSUE = "issue"
    COMPOSE = "compose"
    POST = "post"
    PIN = "pin"
    WATCH = "watch"
    FOLLOW_UP = "follow-up"
    TIDY = "tidy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When one job is due: a calendar in words, in the wall-clock time of an IANA zone.

    Without a *rule* its slots come from elsewhere. *about* is the newsletter, channel or source that the job
    is for, empty where there is one alone. A slot later than *grace* is missed; None: a job that is never
    too late. It is due *ahead* of what the calendar says. Of several slots that wait, only the last is made
    up, unless *each* is a matter of its own.
    """

    job: Job
    about: str
    rule: str
    zone: str
    grace: timedelta | None = None
    ahead: timedelta = timedelta(0)
    each: bool = False

    @property
    def name(self) -> str:
        """Give the name by which slots of this timetable are known."""
        return f"{self.job.value}/{self.about}" if self.about else self.job.value


class SlotState(StrEnum):
    """What became of a slot: `open > done | missed | skipped`."""

    OPEN = "open"
    DONE = "done"
    MISSED = "missed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One due moment (UTC, whole seconds) of the timetable called *name*.

    Where several have one moment, what comes after a `#` in *name* tells them apart. *what* is what is done
    at it (an issue, a post), *why* what stands in its way, or did. *attempts* counts
    those that failed, and before *retry_at* (UTC) there is no other.
    """

    name: str
    due: datetime
    state: SlotState = SlotState.OPEN
    what: str = ""
    why: str = ""
    attempts: int = 0
    retry_at: datetime | None = None

    @property
    def job(self) -> Job:
        """Give what is done at it."""
        return Job(self.name.partition("/")[0])

    @property
    def timetable(self) -> str:
        """Give the name of its timetable."""
        return self.name.partition("#")[0]

    @property
    def about(self) -> str:
        """Give the newsletter, channel or source that it is for."""
        return self.timetable.partition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a timetable is accounted for: every slot until *upto* (UTC) is written down.

    *rule* and *zone* are those that were accounted by; *following* is the first slot after *upto* as the
    rules of time zones were then.
    """

    rule: str
    zone: str
    upto: datetime
    following: datetime
