"""Takes in what comes back while something is sent."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

import click

from vesicle.cli._screen import tally_words
from vesicle.model.errors import VesicleError

if TYPE_CHECKING:
    from vesicle.app import App

_EVERY = 60
"""Seconds between two looks into the mailboxes."""


@contextmanager
def taking_returns(app: "App", stop: Event) -> Iterator[None]:
    """Listen where mail servers hand mails over, and read every mailbox each minute, inside the `with`.

    What came back is told on stderr, a failure once. Raises UserError where a mailbox is set up wrongly.
    """
    from vesicle.mailbox import listening
    from vesicle.queue.clock import ticking

    told, ended = _Told(), Event()

    def tick() -> None:
        try:
            for one in app.returning.collect(stopping=lambda: stop.is_set() or ended.is_set()):
                told.failure(f"{one.mailbox}: {one.failure}" if one.failure else "")
                counts = {effect.value: number for effect, number in one.effects.items()}
                if counts:
                    click.echo(f"{one.mailbox}: {tally_words(counts)}", err=True)
        except VesicleError as error:
            told.failure(str(error))
        except Exception:  # the outermost loop of its thread: the next minute is another one
            logging.getLogger("vesicle").exception("returns.failed")

    with listening(app.returning.mailboxes.values()), ticking(tick, seconds=_EVERY):
        try:
            yield
        finally:
            ended.set()  # nobody waits until a full mailbox is read


class _Told:
    """Says each failure once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def failure(self, text: str) -> None:
        """Say *text*, unless it was said before or is empty."""
        if text and text not in self._told:
            self._told.add(text)
            click.echo(text, err=True)
