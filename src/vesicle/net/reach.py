"""Sees whether an address answers, with the standard library alone: a daemon does so all year.

`net.http` can do much more, and costs 17 MiB of memory.
"""

import http.client
import ssl
from collections.abc import Callable
from importlib.metadata import version
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import certifi

from vesicle.model.errors import PermanentFailure, TemporaryFailure

_SECONDS = 10.0
_PAUSE = 1.0


def reach(url: str, *, wait: Callable[[float], None]) -> None:
    """Ask for *url* and forget the answer; once more after a second where it does not answer.

    Raises TemporaryFailure where it cannot be reached or answers 5xx or 429, PermanentFailure where it
    answers anything but 2xx (a redirect is followed by nobody: RFC 8058, section 3.1) or is neither https
    nor of this machine. Their words name the host alone.
    """
    try:
        _ask(url)
    except TemporaryFailure:
        wait(_PAUSE)
        _ask(url)


def _ask(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection = _connection(parts, host)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection.request("GET", path, headers={"User-Agent": f"Vesicle/{version('vesicle')}"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        reason = str(error) or type(error).__name__
        raise TemporaryFailure(f"{host} could not be reached: {reason}") from error
    finally:
        connection.close()
    if status >= 500 or status == 429:
        raise TemporaryFailure(f"{host} answered {status}")
    if not 200 <= status < 300:
        raise PermanentFailure(f"{host} answered {status}")


def _connection(parts: SplitResult, host: str) -> http.client.HTTPConnection:
    if parts.scheme == "https":
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        return http.client.HTTPSConnection(host, parts.port, timeout=_SECONDS, context=context)
    if parts.scheme == "http" and _is_loopback(host):
        return http.client.HTTPConnection(host, parts.port, timeout=_SECONDS)
    raise PermanentFailure(f"{host} is not asked: only https:// is")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
