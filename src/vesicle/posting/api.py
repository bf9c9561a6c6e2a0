"""One call of a channel's API, its failures told by their consequence."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self

import httpx

from vesicle.model.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from vesicle.net.address import is_loopback, refuse_open

_MOST_BYTES = 4 * 1024 * 1024
_SECONDS = 30.0

# Raised before anything of the request was on its way.
_NEVER_ASKED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an API answered: below 500, and not 429. *data* is its JSON, an empty object where it is none."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Tell whether it did as it was asked."""
        return 200 <= self.status < 300


class Api:
    """The API at *base*, spoken to over https, or on this machine itself.

    *who* names it for people. *clock* is what a moment in a header is compared with. Redirects are not
    followed, since a token goes with every request.
    """

    def __init__(
        self,
        base: str,
        *,
        who: str,
        contact: str,
        clock: Callable[[], datetime],
        seconds: float = _SECONDS,
    ) -> None:
        self.base = base.rstrip("/")
        self._who = who
        self._clock = clock
        refuse_open(httpx.URL(base))
        agent = f"Vesicle/{version('vesicle')} (+{re.sub(r'[^!-~]', '', contact)})"
        self._client = httpx.Client(
            headers={"User-Agent": agent},
            timeout=httpx.Timeout(seconds, connect=min(seconds, 10.0)),
            follow_redirects=False,
            # A proxy of the environment is for the outside; it cannot reach our loopback.
            trust_env=not is_loopback(httpx.URL(base)),
            # Reading the certificates takes 25 ms, and without TLS there is nothing to judge by them.
            verify=httpx.URL(base).scheme == "https",
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        is_final: bool = False,
        headers: Mapping[str, str] | None = None,
        **content: Any,  # noqa: ANN401 - `params`, `json`, `content`, `data` and `files`, as httpx takes them
    ) -> Reply:
        """Ask once. A refusal (4xx) is a `Reply`, for the channel to read.

        *is_final* says that something comes to be by this request which cannot be taken back. Then an
        answer that does not come, or that blames the server (5xx), raises OutcomeUnknown; else it raises
        TemporaryFailure, as does a server that was never reached or answers 429, or 503 with `Retry-After`:
        then nothing has happened.
        """
        try:
            response = self._client.request(method, self.base + path, headers=dict(headers or {}), **content)
        except _NEVER_ASKED as error:
            raise TemporaryFailure(f"{self._who} cannot be reached: {_saying(error)}") from error
        except httpx.TransportError as error:
            raise self._lost(f"{self._who} did not answer: {_saying(error)}", is_final) from error
        if response.status_code == 429 or (response.status_code == 503 and "retry-after" in response.headers):
            text = f"{self._who} asked for fewer requests ({response.status_code}){_said(response)}"
            raise TemporaryFailure(text, wait=self._wait(response))
        if response.status_code >= 500:
            raise self._lost(f"{self._who} failed ({response.status_code})", is_final)
        if response.has_redirect_location:
            raise PermanentFailure(f"{self._who} redirects elsewhere, and that is not followed")
        return Reply(status=response.status_code, data=_json(response), headers=dict(response.headers))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lost(self, text: str, is_final: bool) -> OutcomeUnknown | TemporaryFailure:
        return OutcomeUnknown(text) if is_final else TemporaryFailure(text)

    def _wait(self, response: httpx.Response) -> timedelta | None:
        """Read how long to stay away: `Retry-After` (RFC 9110 §10.2.3), or what the platforms have instead.

        Telegram tells it in the body; Mastodon (a date) and Bluesky (seconds since 1970) when a limit ends.
        """
        told = _json(response)
        parameters = told.get("parameters") if isinstance(told, Mapping) else None
        seconds = parameters.get("retry_after") if isinstance(parameters, Mapping) else None
        if isinstance(seconds, int) and 0 <= seconds < 10**7:
            return timedelta(seconds=seconds)
        for name in ("retry-after", "x-ratelimit-reset", "ratelimit-reset"):
            if value := response.headers.get(name, "").strip():
                return self._until(value)
        return None

    def _until(self, value: str) -> timedelta | None:
        if re.fullmatch(r"[0-9]{1,7}", value):
            return timedelta(seconds=int(value))
        now = self._clock()
        if re.fullmatch(r"[0-9]{10}", value):
            return max(timedelta(seconds=int(value) - now.timestamp()), timedelta())
        for read in (datetime.fromisoformat, parsedate_to_datetime):
            try:
                moment = read(value)
                return max(moment - now, timedelta())
            except (ValueError, TypeError):
                continue
        return None


def _saying(error: Exception) -> str:
    return str(error) or type(error).__name__


def _said(response: httpx.Response) -> str:
    """Give what the API said to it in words, which is under one of these names."""
    told = _json(response)
    words = (told.get(name) for name in ("message", "description", "error")) if isinstance(told, dict) else ()
    return next((f": {one[:200]}" for one in words if isinstance(one, str)), "")


def _json(response: httpx.Response) -> Any:  # noqa: ANN401 - as JSON
    if len(response.content) > _MOST_BYTES:
        return {}
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
