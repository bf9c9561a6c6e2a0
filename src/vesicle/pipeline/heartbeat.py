"""Calls a URL as long as all is well, so that somebody elsewhere notices silence."""

import logging
from collections.abc import Callable

from vesicle.model.errors import OutsideError

_log = logging.getLogger(__name__)

Aside = Callable[[Callable[[], None]], None]
"""Do what is handed over without letting the caller wait for it."""


class Heartbeat:
    """Calls at most once in *every* seconds, and never while the call before is on its way.

    *call* raises OutsideError where nobody answered; *aside* is how it is called. A failure is logged once
    while it lasts, without the URL, which is a secret.
    """

    def __init__(self, call: Callable[[], None], *, every: float, aside: Aside) -> None:
        self._call = call
        self._every = every
        self._aside = aside
        self._last: float | None = None
        self._is_calling = False
        self._is_failing = False

    def beat(self, seconds: float) -> None:
        """Call, where it is time for it at *seconds* of a clock that never goes back."""
        if self._is_calling or (self._last is not None and seconds - self._last < self._every):
            return
        self._last, self._is_calling = seconds, True
        self._aside(self._once)

    def _once(self) -> None:
        try:
            self._call()
        except OutsideError as error:
            if not self._is_failing:
                # The words of the error name the URL.
                cause = type(error.__cause__ or error).__name__
                _log.warning("heartbeat.failed error=%s", cause)
            self._is_failing = True
        else:
            if self._is_failing:
                _log.info("heartbeat.answered-again")
            self._is_failing = False
        finally:
            self._is_calling = False
