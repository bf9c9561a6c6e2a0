"""Takes in what comes back while something is sent."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

import click

from vesicle.cli._screen import tally_words
from vesicle.model.errors import VesicleError

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.pipeline.returns import Collected

_EVERY = 60
"""Seconds between two looks into the mailboxes."""


@contextmanager
def taking_returns(app: "App", stop: Event) -> Iterator[None]:
    """Listen where mail servers hand mails over, and read every mailbox each minute, inside the `with`.

    What came back is told on stderr, a failure once while it lasts. Raises UserError where a mailbox is set
    up wrongly.
    """
    from vesicle.mailbox import listening
    from vesicle.queue.clock import ticking

    ended = Event()
    before: set[str] = set()

    def tick() -> None:
        try:
            found = app.returning.collect(stopping=lambda: stop.is_set() or ended.is_set())
            effects, failures = _told(found)
        except VesicleError as error:
            effects, failures = [], [str(error)]
        except Exception:  # the outermost loop of its thread: the next minute is another one
            logging.getLogger("vesicle").exception("returns.failed")
            return
        for line in (*effects, *(one for one in failures if one not in before)):
            click.echo(line, err=True)
        before.clear()
        before.update(failures)

    with listening(app.returning.mailboxes.values()), ticking(ended, tick, seconds=_EVERY):
        yield


def tell_returns(found: Sequence["Collected"]) -> None:
    """Say on stderr what came back, and which mailbox could not be read."""
    effects, failures = _told(found)
    for line in (*effects, *failures):
        click.echo(line, err=True)


def _told(found: Sequence["Collected"]) -> tuple[list[str], list[str]]:
    """Give a line for each mailbox in which something came back, and for each that failed."""
    counts = {one.mailbox: {effect.value: number for effect, number in one.effects.items()} for one in found}
    effects = [f"{name}: {tally_words(states)}" for name, states in counts.items() if states]
    return effects, [f"{one.mailbox}: {one.failure}" for one in found if one.failure]
