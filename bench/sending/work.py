"""The work that every sender gets: one issue, many made-up readers, and how it is measured."""

import hashlib
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Self

from vesicle.app import App
from vesicle.deliver.email import Options
from vesicle.deliver.email.letter import Letter, Letters
from vesicle.model.delivery import Delivery
from vesicle.model.issue import Issue, Newsletter
from vesicle.model.message import Message, Personal
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.ports import Desk
from vesicle.queue.clock import now
from vesicle.render.newsletter import newsletter
from vesicle.testing.desk import plain_desk

ROOT = Path(__file__).resolve().parents[2]
KEY = b"a key for measuring and for nothing else"
SITE_URL = "https://conditioned-media.example"
HTML_BYTES = 61_343
"""The size of the issue in facts/scale.md, section 6, so that figures can be compared."""
SMALL_TEXT = "Hello,\n\nthis is a small mail, for measuring alone.\n\nTo leave: {leave}\n"

_NAMES = (
    "Ada Green",
    "Zoë Müller",
    "Somchai Jaidee",
    "Łucja Nowak",
    "Mina Rahimi",
    "José Álvarez",
    "Kim Lee",
)
_FILLER = (
    '<p style="margin: 0 0 14px;">Vesicles of number {number} were counted again, and again nothing was lost '
    "on the way from the cell to the tissue; the count was the same on both sides.</p>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one process is to send, and where to; it may use *folder*, where our own finds its database."""

    port: int
    connections: int
    count: int
    folder: str
    small: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What sending took: wall-clock and CPU seconds (children included), peak memory in MiB or None."""

    sent: int
    wall: float
    cpu: float
    peak_mib: float | None
    note: str = ""


class Meter:
    """Measures what happens inside a `with`: time, CPU time and peak memory of this process."""

    def __enter__(self) -> Self:
        _forget_peak()
        self._cpu, self._wall = _cpu_seconds(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._wall
        self.cpu = _cpu_seconds() - self._cpu
        self.peak_mib = _peak_mib()

    def spent(self, sent: int, *, note: str = "", has_peak: bool = True) -> Spent:
        """Give the account of *sent* mails."""
        peak = round(self.peak_mib, 1) if has_peak else None
        return Spent(sent=sent, wall=round(self.wall, 3), cpu=round(self.cpu, 3), peak_mib=peak, note=note)


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _forget_peak() -> None:
    """Let Linux count the peak from here on, without what was prepared before (proc(5), clear_refs)."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mib() -> float:
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    # macOS counts in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


@cache
def issue() -> tuple[Issue, Newsletter, Message]:
    """Give the sample issue, its newsletter and its English mail, with HTML of HTML_BYTES."""
    app = App(ROOT, clock=lambda: datetime.now(UTC), environ=os.environ)
    content = app.content.read()
    found = min(content.issues.values(), key=lambda one: one.due)
    series = app.newsletters[found.newsletter]
    mail = newsletter(found, series, content, lang="en", templates=app.templates)
    return found, series, replace(mail, html=padded(mail.html))


def padded(html: str) -> str:
    """Lengthen *html* to HTML_BYTES by paragraphs before its end, the last one cut to measure."""
    before, end, after = html.rpartition("</body>")
    parts = [before]
    missing = HTML_BYTES - len(html.encode())
    number = 0
    while missing > 0:
        paragraph = _FILLER.format(number=number)
        parts.append(paragraph if len(paragraph) <= missing else " " * missing)
        missing -= len(parts[-1])
        number += 1
    return "".join((*parts, end, after))


def message(*, small: bool) -> Message:
    """Give the mail to send: the padded issue, or one of about 2 KB on the wire with the same headers."""
    mail = issue()[2]
    if not small:
        return mail
    text = SMALL_TEXT.format(leave=Personal.UNSUBSCRIBE_URL)
    html = "".join(f"<p>{line}</p>" for line in text.split("\n\n"))
    return replace(mail, text=text, html=f'<!doctype html><html lang="en"><body>{html}</body></html>')


def person(number: int) -> Subscriber:
    """Give the reader of that number, always the same."""
    name = f"{_NAMES[number % len(_NAMES)]} {number}"
    return Subscriber(
        id=hashlib.sha256(b"reader %d" % number).hexdigest()[:32],
        email=f"reader-{number}@readers-{number % 50}.example",
        name=name,
        status=SubscriberStatus.CONFIRMED,
        language="en",
        since=date(2026, 1, 1),
    )


def desk(folder: str) -> Desk:
    """Give what our channel is opened with."""
    return replace(plain_desk(now, folder=folder), site_url=SITE_URL, key=KEY)


def deliveries(job: Job) -> Iterator[Delivery]:
    """Yield what is owed, for senders that have no ledger."""
    mail = message(small=job.small)
    for number in range(job.count):
        to = person(number)
        yield Delivery(
            key=f"{mail.slug}:{to.id}", frozen=mail.slug, message=mail, token="none", attempts=1, to=to
        )


def letters(job: Job) -> Iterator[Letter]:
    """Yield the mails as our own sender writes them, for peers that take bytes."""
    writer = Letters(Options(port=job.port, security="none"), desk(job.folder))
    for delivery in deliveries(job):
        letter = writer.write(delivery)
        if isinstance(letter, str):
            raise SystemExit(f"no mail for {delivery.key}: {letter}")
        yield letter
