"""How fast mail goes out: our sender with its durable ledger, beside the ceiling and the peers.

The sample issue, padded to 61,343 bytes of HTML, with the name and the link of each reader, to postfix's
`smtp-sink` on loopback and through a proxy that makes a round trip of 40 ms, over 1, 10, 20 and 50
connections. The ceiling is `smtp-source -d`, which sends the bytes of one of these mails again and again.
Every cell is a process of its own with a sink of its own, and counts only if the sink has got every mail.
Ours runs from the freeze to the last commit; what peers do before they send (to queue, to write down
subscribers) is left out of their time. On loopback the ceiling and ours run in turn, and the median of their
runs is told.

Then, apart from the figures: 500 mails are sent twice and all 1,000 parsed and compared; `PRAGMA synchronous`
is read back and the syncs of the disk are counted by strace; the CPU time is shared out among ledger, writing
of mails and sockets.

Needs the dependency group `peers` and postfix's programs. Usage: python bench/send.py [--quick] [SENDER ...];
for a trial, `--quick` sends a tenth, of which much is the opening of connections.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sending.apart import apart, database
from sending.loopback import Proxy, Sink, program, round_trip
from sending.report import BARE, CEILING, OURS, SMTPLIB, Cell, Found, goals, table
from sending.work import Job, Spent

RESULTS = Path(__file__).parent / "results"
CONNECTIONS = (1, 10, 20, 50)
ROUND_TRIP_MS = 40
DELAYED = 200  # so many that opening fifty connections does not count for much
RUNS = 3
PROVEN = 500
WATCHED = 2000
SYNCED = 1000


class Sender(NamedTuple):
    """A sender: its function, which connections it knows, how many mails on loopback and behind the proxy.

    *delayed* is for each connection, the same for all; 0 leaves the proxy out.
    """

    function: str
    mails: int
    delayed: int = DELAYED
    connections: tuple[int, ...] = CONNECTIONS
    runs: int = 1


SENDERS = {
    CEILING: Sender("plain.smtp_source", 5000, runs=RUNS),
    OURS: Sender("ours.with_ledger", 5000, runs=RUNS),
    BARE: Sender("ours.without_ledger", 5000),
    SMTPLIB: Sender("plain.smtplib_bytes", 5000),
    "smtplib, EmailMessage": Sender("plain.smtplib_messages", 1000, delayed=0),
    "aiosmtplib": Sender("plain.aiosmtplib_bytes", 5000),
    "aiosmtplib, EmailMessage": Sender("plain.aiosmtplib_messages", 1000, delayed=0),
    "django-post_office, defaults": Sender("django_peers.post_office_defaults", 1000, connections=(5,)),
    "django-post_office, threads": Sender("django_peers.post_office_tuned", 1000),
    "django-post_office, 2 processes": Sender("django_peers.post_office_processes", 1000, delayed=0),
    "django-newsletter, defaults": Sender("django_peers.newsletter_defaults", 500, connections=(1,)),
    "django-newsletter, its templates": Sender("django_peers.newsletter_linked", 500, connections=(1,)),
    "django-newsletter, own templates": Sender("django_peers.newsletter_own", 500, connections=(1,)),
}


def cells(chosen: list[str], *, is_quick: bool) -> Iterator[Cell]:
    """Yield what is to be measured, in turns: what is measured several times is so over the whole run."""
    share = 10 if is_quick else 1
    for turn in range(1 if is_quick else RUNS):
        for is_delayed in (False, True):
            for connections in sorted({one for name in chosen for one in SENDERS[name].connections}):
                for name in chosen:
                    sender = SENDERS[name]
                    runs = 1 if is_delayed else sender.runs
                    count = sender.delayed * connections if is_delayed else sender.mails
                    if connections in sender.connections and turn < runs and count:
                        count = max(count // share, 4 * connections)
                        yield Cell(sender=name, connections=connections, count=count, is_delayed=is_delayed)


def measure(cell: Cell, people: Callable[[int], Path]) -> Spent | str:
    """Run one cell in a process of its own; give what it took, or why that is no figure."""
    function = SENDERS[cell.sender].function
    with TemporaryDirectory() as folder, Sink() as sink:
        if function == "ours.with_ledger":
            shutil.copy(people(cell.count), folder)
        with Proxy(sink.port, milliseconds=ROUND_TRIP_MS) if cell.is_delayed else nullcontext(sink) as front:
            job = Job(
                port=front.port,
                connections=cell.connections,
                count=cell.count,
                folder=folder,
            )
            said = apart(function, job)
        if isinstance(said, str):
            return said
        received = sink.received(cell.count)
    spent = Spent(**said)
    if spent.sent != cell.count or received != cell.count:
        return f"sent {spent.sent} and received {received} of {cell.count}"
    return spent


def all_cells(chosen: list[str], folder: str, *, is_quick: bool) -> list[Found]:
    """Measure everything; a cell that failed once is not tried again."""
    runs: dict[Cell, list[Spent]] = {}
    failed: dict[Cell, str] = {}
    for cell in cells(chosen, is_quick=is_quick):
        if cell in failed:
            continue
        where = "40 ms" if cell.is_delayed else "loopback"
        print(f"{cell.sender}: {cell.count} mails, {where}, {cell.connections}", file=sys.stderr)
        spent = measure(cell, partial(database, folder))
        if isinstance(spent, str):
            failed[cell] = spent
        else:
            runs.setdefault(cell, []).append(spent)
    measured = [Found(cell=cell, runs=tuple(some)) for cell, some in runs.items() if cell not in failed]
    return [*measured, *(Found(cell=cell, why_not=why) for cell, why in failed.items())]


def beside(folder: str, *, is_quick: bool) -> dict[str, Any]:
    """Measure what must not disturb the figures: whether mails are right, syncs, shares of CPU time."""
    share = 10 if is_quick else 1
    return {
        "proof": in_a_sink("proof.prove", PROVEN // share, folder),
        "watched": in_a_sink("shares.watch", WATCHED // share, folder),
        "syncs": in_a_sink("ours.with_ledger", SYNCED // share, folder, before=traced(folder)),
    }


def in_a_sink(what: str, count: int, folder: str, *, before: list[str] | None = None) -> dict[str, Any] | str:
    """Do *what* with our own sender over 20 connections and a sink."""
    if before == []:
        return "not counted: strace is not installed"
    print(f"{what}: {count} mails", file=sys.stderr)
    with TemporaryDirectory() as here, Sink() as sink:
        shutil.copy(database(folder, count), here)
        job = Job(port=sink.port, connections=20, count=count, folder=here)
        said = apart(what, job, before=before)
    if before and isinstance(said, dict):
        summary = Path(folder, "strace").read_text()
        # Per cent, seconds, microseconds a call, calls, errors if any, name.
        line = r"^ *\S+ +\S+ +\d+ +(\d+) +(?:\d+ +)?(?:fdatasync|fsync)$"
        counted = re.findall(line, summary, re.MULTILINE)
        return {"mails": count, "syncs": sum(map(int, counted))}
    return said


def traced(folder: str) -> list[str]:
    """Give the command that counts the syncs of another; empty without strace."""
    strace = shutil.which("strace")
    return [strace, "-f", "-c", "-e", "trace=fdatasync,fsync", "-o", f"{folder}/strace"] if strace else []


def in_words(found: dict[str, Any]) -> Iterator[str]:
    """Yield what was found beside the figures, a line each."""
    proof, watched, syncs = found["proof"], found["watched"], found["syncs"]
    if isinstance(proof, str):
        yield f"NOT MEASURED: whether the mails are right: {proof}"
    else:
        yield f"Of {proof['parsed']:,} mails parsed, wrong: {proof['wrong'] or 'none'}."
    if isinstance(watched, str):
        yield f"NOT MEASURED: where the time goes: {watched}"
    else:
        total = sum(watched["cpu_seconds"].values())
        parts = (f"{name} {one / total:.0%}" for name, one in watched["cpu_seconds"].items())
        yield f"CPU time: {', '.join(parts)}."
        yield f"PRAGMA synchronous is {watched['synchronous']} (2 is FULL), journal {watched['journal']}."
    if isinstance(syncs, str):
        yield f"NOT MEASURED: syncs: {syncs}"
    else:
        yield f"{syncs['syncs']:,} syncs of the disk for {syncs['mails']:,} mails over 20 connections."


def main(arguments: list[str]) -> int:
    """Measure, print tables and goals, write JSON."""
    is_quick = "--quick" in arguments
    chosen = [one for one in arguments if one != "--quick"] or list(SENDERS)
    if missing := [name for name in ("smtp-sink", "smtp-source") if program(name) is None]:
        print(f"{', '.join(missing)} not there: install Debian's postfix")
        return 1
    if unknown := [one for one in chosen if one not in SENDERS]:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(SENDERS)}")
        return 2
    with TemporaryDirectory() as folder:
        with Sink() as sink, Proxy(sink.port, milliseconds=ROUND_TRIP_MS) as proxy:
            took = round_trip(proxy.port)
        busy = [os.getloadavg()[0]]
        found = all_cells(chosen, folder, is_quick=is_quick)
        others = beside(folder, is_quick=is_quick) if OURS in chosen else {}
        busy.append(os.getloadavg()[0])
    for is_delayed, where in ((False, "On loopback"), (True, f"Round trip of {took:.1f} ms")):
        print(f"{where}:\n\n{table(found, CONNECTIONS, is_delayed=is_delayed)}\n")
    print(f"Load average at the start {busy[0]:.1f}, at the end {busy[1]:.1f}; {os.cpu_count()} cores.")
    for line in in_words(others) if others else ():
        print(line)
    met = goals(found) if OURS in chosen else []
    print("\n" + "\n".join(f"{goal.verdict}: {goal.text}" for goal in met))
    RESULTS.mkdir(exist_ok=True)
    document = {
        "round_trip_ms": took,
        "load": busy,
        "cells": [asdict(one) for one in found],
        "beside": others,
        "goals": [asdict(goal) for goal in met],
    }
    (RESULTS / "send.json").write_text(json.dumps(document, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
