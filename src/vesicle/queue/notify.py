"""Tells systemd how the service is (sd_notify(3)): one datagram a message, to the socket it names."""

import logging
import socket
from collections.abc import Mapping

_log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 1.0


class Notifier:
    """Speaks to the service manager that the environment names; without one, every word is for nobody.

    A word that cannot be sent is logged once while it lasts, and stops nothing.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        name = environ.get("NOTIFY_SOCKET", "")
        # What starts with an at sign is no file but a name of Linux, which starts with NUL (unix(7)).
        self._socket = f"\0{name[1:]}" if name.startswith("@") else name
        self._is_failing = False

    def ready(self) -> None:
        """Say that start, or the reading of a new configuration, is done."""
        self._say("READY=1")

    def reloading(self, monotonic_usec: int) -> None:
        """Say that the configuration is read again since that microsecond of CLOCK_MONOTONIC."""
        self._say(f"RELOADING=1\nMONOTONIC_USEC={monotonic_usec}")

    def stopping(self) -> None:
        """Say that what is in hand is finished, and nothing new begun."""
        self._say("STOPPING=1")

    def alive(self) -> None:
        """Say that the loop lives."""
        self._say("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Say in one line, for `systemctl status`, what is going on."""
        self._say(f"STATUS={' '.join(text.split())}")

    def _say(self, message: str) -> None:
        if not self._socket:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaking:
                speaking.settimeout(_PATIENCE_SECONDS)
                speaking.sendto(message.encode(), self._socket)
        except OSError as error:
            if not self._is_failing:
                _log.warning("run.not-notified error=%s", error.strerror or type(error).__name__)
            self._is_failing = True
        else:
            self._is_failing = False
