"""Stands before all pages: whose host it is, how long a body may be, what every answer carries, the log."""

import logging
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)

BODY_BYTES = 64 * 1024
HOOK_BYTES = 1024 * 1024
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

# The pages have no script, no font and nothing from elsewhere.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address of a page may hold a token
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
_YEAR = 365 * 24 * 3600
_CHECKED = ("/c/", "/p/", "/d/")
_INDEXED = ("", "sign-up")


class Guard:
    """An ASGI application before *pages*, which answers for the host of *url* and for this machine.

    *known* are the first parts of paths that may stand in the log: behind them are tokens.
    """

    def __init__(self, pages: ASGIApp, *, url: str, known: Collection[str]) -> None:
        self._pages = pages
        self._hosts = LOOPBACK | {urlsplit(url).hostname or ""}
        self._known = known
        self._extra = {"Strict-Transport-Security": f"max-age={_YEAR}"} if url.startswith("https://") else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        named = scope["path"].split("/")[1] if scope["path"].startswith("/") else ""
        answer = _Answer(send, path=f"/{named}" if named in self._known else "other", extra=self._extra)
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, answer.send)
            return
        most = HOOK_BYTES if named == "hooks" else BODY_BYTES
        await self._pages(scope, _limited(receive, most), answer.send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _hostname(host) not in self._hosts:
            return PlainTextResponse("This is not the address of this site.\n", status_code=400)
        if scope["method"] == "POST" and scope["path"].startswith(_CHECKED) and not _is_own(headers, host):
            return PlainTextResponse("This was sent from the page of another site.\n", status_code=403)
        return None


class _Answer:
    """Sends an answer on, with the headers that all have, and writes its line into the log."""

    def __init__(self, send: Send, *, path: str, extra: dict[str, str]) -> None:
        self._send = send
        self._path = path
        self._extra = extra

    async def send(self, message: Message) -> None:
        """Send one message of an answer."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Cache-Control", "no-store")
            for name, value in {**_HEADERS, **self._extra}.items():
                headers[name] = value
            if self._path.lstrip("/") in _INDEXED:
                del headers["X-Robots-Tag"]
            _log.info("web.answered path=%s status=%d", self._path, message["status"])
        await self._send(message)


def _limited(receive: Receive, most: int) -> Receive:
    """Give *receive* for a body of at most *most* bytes; it raises HTTPException (413) beyond."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(413)
        return message

    return limited


def _hostname(host: str) -> str:
    """Give a `Host` header without its port, in small letters."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdecimal() else host.lower()


def _is_own(headers: Headers, host: str) -> bool:
    """Tell whether a form was sent from a page of this site, as far as the browser says.

    With `Referrer-Policy: no-referrer` browsers send `Origin: null` even from our own pages; those of the
    last years say more by `Sec-Fetch-Site` (Fetch Metadata, W3C). Where neither is there, it is no browser.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc == host
