"""A real `vesicle run` whose clock is changed from outside: summer time begins and ends, a clock jumps."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from tests.rim.daemon.daemon import READY, Daemon
from tests.rim.daemon.faketime import Faked, Fast, Put, needs_faketime
from tests.rim.daemon.kept import slots, words
from tests.rim.daemon.manager import Manager
from tests.rim.daemon.site import Plan, Site, issue

from vesicle.model.slot import SlotState
from vesicle.testing.mailserver import MailServer

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD"),
    needs_faketime,
]

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RATE = 600
NIGHT = Plan(issues="'30 2 * * *'", posts="'35 3 * * *'", watch="every hour", zone="Europe/Berlin", grace=600)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day, hour, minute


def wall(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a wall time has no zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A site with an issue, the daemon that runs for it, who hears of its ticks, and the folder of mails."""

    site: Site
    daemon: Daemon
    manager: Manager
    folder: Path


@contextmanager
def running(folder: Path, plan: Plan, clock: Faked, **environ: str) -> Iterator[Scene]:
    """Let a daemon run by *clock*."""
    with MailServer(folder / "maildir") as server, Manager() as manager:
        site = Site(folder / "site", plan, port=server.port)
        with Daemon(site.root, clock, environ={**environ, **manager.environ}) as daemon:
            daemon.until(READY)
            yield Scene(site=site, daemon=daemon, manager=manager, folder=folder / "maildir" / "new")
            assert daemon.stop() == 0


def mails(folder: Path, site: Site) -> Counter[str]:
    """Count the mails to each reader."""
    found = Counter(str(message_from_bytes(path.read_bytes())["To"]) for path in folder.iterdir())
    return Counter({one: found[one] for one in site.readers})


def dates_of(folder: Path, site: Site) -> list[datetime]:
    """Give the dates of the mails to readers."""
    found = [message_from_bytes(path.read_bytes()) for path in folder.iterdir()]
    return [parsedate_to_datetime(one["Date"]) for one in found if one["To"] in site.readers]


@pytest.mark.long
@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC"])
@pytest.mark.parametrize(
    ("start", "night", "sent", "posted"),
    [
        (utc(2026, 3, 28, 22, 30), wall(2026, 3, 29, 2, 30), utc(2026, 3, 29, 1), utc(2026, 3, 29, 1, 35)),
        (
            utc(2026, 10, 24, 21, 30),
            wall(2026, 10, 25, 2, 30),
            utc(2026, 10, 25, 0, 30),
            utc(2026, 10, 25, 2, 35),
        ),
    ],
)
def test_row_32_in_a_night_that_changes_the_clock_each_thing_happens_once(
    start: datetime, night: datetime, sent: datetime, posted: datetime, zone: str, tmp_path: Path
) -> None:
    clock, end = Fast(start, rate=RATE), start + 5 * HOUR + 20 * MINUTE
    with running(tmp_path, NIGHT, clock, TZ=zone) as scene:
        site, folder = scene.site, scene.folder
        site.write(issue(1, night))
        while clock() < end + 30 * MINUTE:
            scene.manager.tick()
        found = slots(site, since=start, until=end)
        assert mails(folder, site) == Counter(site.readers)
        dates = dates_of(folder, site)
    assert [(row.due, row.state) for row in found if row.name == "issue/letter"] == [(sent, SlotState.DONE)]
    assert [(row.due, row.state) for row in found if row.name == "post/notes"] == [(posted, SlotState.DONE)]
    first = (start + HOUR).replace(minute=0)
    assert [row.due for row in found if row.name == "watch/feed"] == [
        first + number * HOUR for number in range(5)
    ]
    assert all(timedelta(0) <= date - sent < HOUR for date in dates)
    assert len(site.outbox()) == 1


def test_row_31_two_hours_forward_and_back_are_noticed_and_nothing_is_silent_or_twice(tmp_path: Path) -> None:
    noon = utc(2026, 3, 2, 12)
    plan = Plan(issues="'0 13 * * *'", posts="'30 13 * * *'", watch="'*/10 * * * *'")
    clock = Put(tmp_path / "clock", noon + MINUTE)
    with running(tmp_path, plan, clock) as scene:
        site, folder, tick = scene.site, scene.folder, scene.manager.tick
        site.write(issue(1, wall(2026, 3, 2, 13)))
        tick()
        clock.jump(2 * HOUR)
        scene.daemon.until("run.clock-jumped")
        while mails(folder, site) != Counter(site.readers):
            tick()
        clock.jump(-2 * HOUR)
        scene.daemon.until("schedule.clock-back")
        for _ in range(3):
            tick()
        clock.put(noon + 3 * HOUR)
        for _ in range(3):
            tick()
        assert mails(folder, site) == Counter(site.readers)
        found = Counter((row.name, row.due) for row in slots(site, since=noon, until=noon + 3 * HOUR))
        assert set(found.values()) == {1}
        assert words(site, "clock")
    assert len(site.outbox()) <= 1  # where the slot of posts was looked at first, none waited yet
