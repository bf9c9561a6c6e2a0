"""Tables and goals of bench/send.py."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sending.work import Spent

CEILING, OURS, BARE = "smtp-source -d", "vesicle", "vesicle, no ledger"
SMTPLIB = "smtplib in threads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One measurement: who, over how many connections, how many mails, behind the proxy or not."""

    sender: str
    connections: int
    count: int
    is_delayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of a cell: its runs, or why there is no figure."""

    cell: Cell
    runs: tuple[Spent, ...] = ()
    why_not: str = ""

    @property
    def rate(self) -> float:
        """Give mails a second, the median of the runs."""
        return statistics.median(self.cell.count / run.wall for run in self.runs)

    @property
    def cpu_ms(self) -> float:
        """Give the CPU milliseconds of the sender for one mail, the median of the runs."""
        return statistics.median(run.cpu / self.cell.count * 1000 for run in self.runs)

    @property
    def peak_mib(self) -> float | None:
        """Give the highest memory of the runs."""
        peaks = [run.peak_mib for run in self.runs if run.peak_mib is not None]
        return max(peaks, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal of the issue, and whether it was met."""

    text: str
    verdict: str


def table(found: Sequence[Found], connections: Sequence[int], *, is_delayed: bool) -> str:
    """Give mails a second by sender and connections as a Markdown table, and below what has no figure.

    CPU time and memory are those of the last column that has a figure but 50, which is 20 for most.
    """
    mine = [one for one in found if one.cell.is_delayed is is_delayed]
    names = dict.fromkeys(one.cell.sender for one in mine if one.runs)
    known = [*connections]
    head = ("sender", *(f"{one} conn., mails/s" for one in known), "CPU ms a mail", "peak RSS MiB")
    rows = [head, ("---",) * len(head)]
    for name in names:
        cells = {one.cell.connections: one for one in mine if one.cell.sender == name and one.runs}
        rates = (f"{cells[one].rate:,.0f}" if one in cells else "" for one in known)
        told = cells[max((one for one in cells if one != max(known)), default=max(cells))]
        extra = "" if set(cells) & set(known) else f" ({told.rate:,.0f} over {told.cell.connections})"
        peak = "" if told.peak_mib is None else f"{told.peak_mib:,.0f}"
        rows.append((f"{name}{extra}", *rates, f"{told.cpu_ms:.2f}", peak))
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join((*lines, *_without(mine)))


def _without(found: Sequence[Found]) -> Iterator[str]:
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in found:
        if not one.runs:
            reasons.setdefault((one.cell.sender, one.why_not), []).append(str(one.cell.connections))
    for (sender, why), connections in reasons.items():
        yield f"\nNOT MEASURED: {sender} over {', '.join(connections)}: {why}"


def goals(found: Sequence[Found]) -> list[Goal]:
    """Tell of each goal of the issue whether it was met."""
    near = _Rates(found, is_delayed=False)
    far = _Rates(found, is_delayed=True)
    ratios = [
        *(near.against(CEILING, connections=one, at_least=0.8) for one in (10, 20)),
        *(far.against(SMTPLIB, connections=one, at_least=2.8) for one in (1, 10, 20, 50)),
        near.against_best("django-post_office", at_least=7),
        near.against_best("django-newsletter, defaults", at_least=20),
        near.against_best("django-newsletter, its templates", at_least=20),
        near.against_best("django-newsletter, own templates", at_least=20),
    ]
    return [*ratios, *(near.cpu(connections=one, at_most=0.5) for one in (10, 20))]


def _ratio(ours: Found, theirs: Found) -> float:
    """Give how many times faster ours is: run by run where both took turns, since a machine has its moods."""
    if len(ours.runs) != len(theirs.runs):
        return ours.rate / theirs.rate
    pairs = zip(ours.runs, theirs.runs, strict=True)
    return statistics.median((mine.sent / mine.wall) / (other.sent / other.wall) for mine, other in pairs)


class _Rates:
    """What was found on loopback or behind the proxy."""

    def __init__(self, found: Sequence[Found], *, is_delayed: bool) -> None:
        self._where = "at 40 ms" if is_delayed else "on loopback"
        self._cells = {
            (one.cell.sender, one.cell.connections): one
            for one in found
            if one.runs and one.cell.is_delayed is is_delayed
        }

    def against(self, other: str, *, connections: int, at_least: float) -> Goal:
        """Compare ours with another over the same connections."""
        theirs = self._cells.get((other, connections))
        return self._goal(other, theirs, connections=connections, at_least=at_least)

    def against_best(self, other: str, *, at_least: float) -> Goal:
        """Compare ours over 20 connections with the best that was found of another, however configured."""
        theirs = [one for (name, _), one in self._cells.items() if name.startswith(other)]
        best = max(theirs, key=lambda one: one.rate, default=None)
        return self._goal(f"{other} at its best", best, connections=20, at_least=at_least)

    def _goal(self, other: str, theirs: Found | None, *, connections: int, at_least: float) -> Goal:
        ours = self._cells.get((OURS, connections))
        text = f"at least {at_least} x {other}, {connections} connections, {self._where}"
        if ours is None or theirs is None:
            return Goal(text=text, verdict="NOT MEASURED")
        ratio = _ratio(ours, theirs)
        text = f"{text}: {ours.rate:,.0f} to {theirs.rate:,.0f} mails/s, {ratio:.2f} x"
        return Goal(text=text, verdict="PASS" if ratio >= at_least else "FAIL")

    def cpu(self, *, connections: int, at_most: float) -> Goal:
        """Judge the CPU time of ours."""
        ours = self._cells.get((OURS, connections))
        text = f"at most {at_most} ms CPU a mail, {connections} connections, {self._where}"
        if ours is None:
            return Goal(text=text, verdict="NOT MEASURED")
        verdict = "PASS" if ours.cpu_ms <= at_most else "FAIL"
        return Goal(text=f"{text}: {ours.cpu_ms:.3f} ms", verdict=verdict)
