import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from time import sleep
from types import TracebackType
from typing import Self

import httpx

from vesicle.model.errors import NotFound, PermanentFailure, TemporaryFailure
from vesicle.net.address import is_loopback, name, refuse_open

PAUSES = (1.0, 4.0, 16.0)
"""Seconds before the second, third and fourth attempt, where the server does not name a longer time."""
LONGEST_PAUSE = 60.0
"""Seconds that `get` is ready to wait; a server that asks for more is left to the next run."""

# 408, 425 and 429 say "later" (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4).
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one request may come to: the length of its answer, its redirects, how long each step lasts."""

    most_bytes: int = 20 * 1024 * 1024
    redirects: int = 5
    seconds: float = 30.0


class Http:
    """Reads what stands at a URL: https only, but for this machine itself."""

    def __init__(
        self,
        *,
        contact: str,
        wait: Callable[[float], None] = sleep,
        pauses: tuple[float, ...] = PAUSES,
        bounds: Bounds = Bounds(),
        hear: Callable[[str, datetime], None] = lambda host, date: None,
    ) -> None:
        """*hear* is told the host and the `Date` of each answer that has one."""
        agent = f"Vesicle/{version('vesicle')} (+{re.sub(r'[^!-~]', '', contact)})"
        self._wait, self._pauses = wait, pauses
        self._bounds, self._hear = bounds, hear
        self._client = httpx.Client(
            headers={"User-Agent": agent},
            timeout=httpx.Timeout(bounds.seconds, connect=min(bounds.seconds, 10.0)),
            # A proxy of the environment is for the outside; it cannot reach our loopback.
            mounts={f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")},
        )

    def get(self, url: str) -> bytes:
        """Give the body at *url*, decompressed, after as many redirects as are followed.

        Tries again after a pause (`Retry-After` where it is longer) on 408, 425, 429, 5xx and lost
        connections, then raises TemporaryFailure; raises NotFound on 404 and 410, PermanentFailure on any
        other refusal, on a body beyond the size limit, and on a URL or redirect that is neither https nor
        loopback.
        """
        for pause in self._pauses:
            try:
                return self._follow(url)
            except TemporaryFailure as failure:
                asked = failure.wait.total_seconds() if failure.wait else 0.0
                if asked > LONGEST_PAUSE:
                    raise
                self._wait(max(asked, pause))
        return self._follow(url)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _follow(self, url: str) -> bytes:
        try:
            target = start = httpx.URL(url)
            for _ in range(self._bounds.redirects + 1):
                _refuse_unsafe(target, start)
                with self._client.stream("GET", target) as response:
                    self._note_date(response)
                    if not response.has_redirect_location:
                        return self._body(response)
                    target = target.join(response.headers["location"])
        except httpx.InvalidURL as error:
            raise PermanentFailure(f"a URL cannot be read: {error}") from error
        except httpx.RequestError as error:
            reason = str(error) or type(error).__name__
            raise TemporaryFailure(f"{name(target)} could not be read: {reason}") from error
        raise PermanentFailure(f"{name(start)} redirects more than {self._bounds.redirects} times")

    def _note_date(self, response: httpx.Response) -> None:
        date = _date(response.headers)
        if date:
            self._hear(response.url.host, date)

    def _body(self, response: httpx.Response) -> bytes:
        _refuse_failed(response)
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._bounds.most_bytes:
                raise PermanentFailure(
                    f"{name(response.url)} is larger than {self._bounds.most_bytes:,} bytes"
                )
        return bytes(body)


def _refuse_unsafe(url: httpx.URL, start: httpx.URL) -> None:
    refuse_open(url)
    if is_loopback(url) and not is_loopback(start):
        raise PermanentFailure(f"{name(start)} redirects to this machine, and that is not followed")


def _refuse_failed(response: httpx.Response) -> None:
    if response.is_success:
        return
    status = response.status_code
    text = f"{name(response.url)} answered {status} {httpx.codes.get_reason_phrase(status)}".rstrip()
    if status in _LATER or status >= 500:
        raise TemporaryFailure(text, wait=_retry_after(response.headers))
    raise (NotFound if status in (404, 410) else PermanentFailure)(text)


def _retry_after(headers: httpx.Headers) -> timedelta | None:
    """Read `Retry-After` (RFC 9110 §10.2.3): seconds, or a date, taken relative to the answer's own date."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,7}", value):
        return timedelta(seconds=int(value))
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(wait, timedelta())


def _date(headers: httpx.Headers) -> datetime | None:
    if "age" in headers:
        return None  # kept by somebody in between since then
    try:
        date = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
