"""What a simulated year has in store: its slots, computed otherwise than the program does, and its faults."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

ZONES = (
    *("Asia/Bangkok", "Asia/Tehran", "Europe/Berlin", "America/New_York"),
    *("Australia/Lord_Howe", "Africa/Casablanca"),
)
START = datetime(2026, 1, 1, tzinfo=UTC)
NIGHTLY = ("Australia/Lord_Howe",)
NIGHTS = frozenset({5, 6})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens at a moment of the year: a restart, `down` for a while, or a clock put `by` so much."""

    at: datetime
    down: timedelta = timedelta(0)
    by: timedelta = timedelta(0)
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long the year is, and how much goes wrong in it."""

    days: int = 365
    restarts: int = 200
    outages: int = 20
    jumps: int = 20
    kills: int = 40

    @property
    def end(self) -> datetime:
        """Give the end of it."""
        return START + timedelta(days=self.days)


def expected(plan: Plan) -> dict[str, list[datetime]]:
    """Give every slot of the year, computed otherwise than the program does: by the minutes of local days."""
    found: dict[str, list[datetime]] = {}
    for zone in ZONES:
        slug = slug_of(zone)
        found[f"issue/{slug}-0"] = list(_local(plan, zone, time(9), {3}))
        if zone in NIGHTLY:
            found[f"issue/{slug}-1"] = list(_local(plan, zone, time(2, 30), {6}))
        found[f"watch/{slug}"] = list(_local(plan, zone, time(2, 5), NIGHTS if zone in NIGHTLY else {6}))
    found["post/bluesky"] = list(_local(plan, "America/New_York", time(9), {0, 3}))
    found["post/mastodon"] = list(_local(plan, "Australia/Lord_Howe", time(2, 5), NIGHTS))
    return found


def _local(plan: Plan, zone: str, at: time, weekdays: Set[int]) -> Iterator[datetime]:
    """Yield the first instant at which a clock in *zone* shows *at* or later on each of the days."""
    there = ZoneInfo(zone)
    day = date(2025, 12, 30)
    while day <= plan.end.date() + timedelta(days=2):
        if day.weekday() in weekdays:
            # Two hours before by the offset of noon, then on by minutes until the clock shows it.
            noon = datetime.combine(day, time(12), tzinfo=there).astimezone(UTC)
            instant = (
                noon
                - (timedelta(hours=12) - timedelta(hours=at.hour, minutes=at.minute))
                - timedelta(hours=2)
            )
            while not (instant.astimezone(there).date() == day and instant.astimezone(there).time() >= at):
                instant += timedelta(minutes=1)
            if START < instant <= plan.end - timedelta(days=4):
                yield instant
        day += timedelta(days=1)


def slug_of(zone: str) -> str:
    """Give a name for *zone* as slugs are written."""
    return zone.rpartition("/")[2].lower().replace("_", "-")


def faults(random: Random, plan: Plan) -> Iterator[Fault]:
    seconds = int((plan.end - START).total_seconds())

    def moment() -> datetime:
        return START + timedelta(seconds=random.randrange(3600, seconds))

    for _ in range(plan.restarts):
        yield Fault(at=moment())
    for _ in range(plan.outages):
        yield Fault(at=moment(), down=timedelta(minutes=random.randrange(1, 3 * 24 * 60)))
    for _ in range(plan.jumps):
        at = moment()
        by = timedelta(minutes=random.choice((-1, 1)) * random.randrange(2, 24 * 60))
        yield Fault(at=at, by=by, until=at + timedelta(minutes=random.randrange(5, 12 * 60)))
