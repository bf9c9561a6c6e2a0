"""What is fetched from elsewhere."""

import re
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from vesicle.model.errors import PermanentFailure
from vesicle.net.reach import reach
from vesicle.net.slots import Slots
from vesicle.ports import Clock
from vesicle.queue.clock import seconds, wait

if TYPE_CHECKING:
    from vesicle.net.http import Http

_NCBI = re.compile(r"https://[a-z.]*ncbi\.nlm\.nih\.gov/")


class Outside:
    """Fetches for one site: *contact* is what other servers may know of it, *root* its folder.

    *is_patient* tells whether to try again after a pause; it can be set until the first fetch. *ahead* is by
    how much the clock of each host that answered is ahead of ours.
    """

    def __init__(self, root: Path, *, contact: str, clock: Clock) -> None:
        self.is_patient = True
        self.ahead: dict[str, timedelta] = {}
        self._clock = clock
        self._root = root
        self._contact = contact

    def fetch(self, where: str) -> bytes:
        """Give what stands at a URL, or in a file named from the site's folder.

        Raises TemporaryFailure or PermanentFailure.
        """
        if where.startswith(("https://", "http://")):
            if _NCBI.match(where):
                _slots(where).take()
            return self._http.get(where)
        try:
            return (self._root / where).read_bytes()
        except OSError as error:
            raise PermanentFailure(f"{where} cannot be read: {error.strerror}") from error

    def certificate(self, url: str) -> bytes:
        """Give what stands at *url* itself, short and without any redirect: somebody waits for the answer.

        Raises TemporaryFailure or PermanentFailure.
        """
        from vesicle.net.http import Bounds, Http  # noqa: PLC0415 - most commands fetch nothing

        with Http(contact=self._contact, pauses=(), bounds=Bounds(most_bytes=64 * 1024, redirects=0)) as http:
            return http.get(url)

    def reach(self, url: str) -> None:
        """Ask for *url* and forget the answer, as `net.reach` does.

        Raises TemporaryFailure or PermanentFailure.
        """
        reach(url, wait=wait)

    @cached_property
    def _http(self) -> "Http":
        from vesicle.net.http import PAUSES, Http  # noqa: PLC0415 - as above

        return Http(
            contact=self._contact, pauses=PAUSES if self.is_patient else (), hear=self._compare_clocks
        )

    def _compare_clocks(self, host: str, date: datetime) -> None:
        self.ahead[host] = date - self._clock()


def _slots(where: str) -> Slots:
    """Give the turns of this machine's requests: 3 a second, 10 with a key (E-utilities, read 2026-11)."""
    rate = 10 if "api_key=" in where else 3
    return Slots(Path(gettempdir()) / f"vesicle-ncbi-{rate}", per_second=rate, clock=seconds, wait=wait)
