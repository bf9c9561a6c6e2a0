"""Lets others see how a daemon is while it runs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.app.monitoring import Reading, Slots
    from vesicle.pipeline.counts import Counts
    from vesicle.pipeline.vigil import Vigil


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the loop tells: *vigil* hears of each tick, *counts* of each delivery; *port* answers, 0: none."""

    vigil: "Vigil"
    counts: "Counts"
    port: int = 0


@contextmanager
def watched(app: "App", *, every: timedelta, slots: "Slots") -> Iterator[Watched]:
    """Answer `/health` and `/metrics` inside the `with`, where the settings say so; at its end, say so.

    *every* is the time between two ticks. Raises UserError where the heartbeat is set up wrongly, or where
    nobody can listen at the port.
    """
    from vesicle.app.monitoring import Reading, vigil
    from vesicle.pipeline.counts import Counts

    watch, counts = vigil(app, every=every), Counts(app.settings.channels)
    reading = Reading(app=app, vigil=watch, counts=counts, slots=slots)
    try:
        if not app.settings.monitor.port:
            yield Watched(vigil=watch, counts=counts)
            return
        with _answering(app, reading) as port:
            yield Watched(vigil=watch, counts=counts, port=port)
    finally:
        watch.stopping()


@contextmanager
def _answering(app: "App", reading: "Reading") -> Iterator[int]:
    from vesicle.model.errors import UserError
    from vesicle.web.metrics import metrics
    from vesicle.web.monitor import Shown, monitoring

    host, port = app.settings.monitor.host, app.settings.monitor.port
    shown = Shown(pulse=lambda: reading.vigil.pulse, metrics=metrics(reading, app.clock), clock=app.clock)
    with ExitStack() as stack:
        try:
            found = stack.enter_context(monitoring(shown, host=host, port=port))
        except OSError as error:
            text = f"nothing can listen at `monitor: port` {port}: {error.strerror}"
            raise UserError(text, mend="choose another port") from error
        yield found
