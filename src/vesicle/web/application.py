"""All pages as one ASGI application."""

from collections.abc import Awaitable, Callable
from functools import partial

from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from vesicle.model.errors import OutsideError
from vesicle.web import choosing, confirming, fixed, hooks, leaving, owning, pictures, signing
from vesicle.web.guard import Guard
from vesicle.web.house import House
from vesicle.web.visit import Visit, read_visit

Page = Callable[[House, Visit], Response]
Endpoint = Callable[[Request], Awaitable[Response]]

_BOTH = ["GET", "POST"]
# Leaving is not here: nobody may ever be kept from it. Nor are reports: providers send many, and sign them.
_LIMITED: tuple[tuple[str, Page], ...] = (
    ("/sign-up", signing.sign_up),
    ("/data", owning.ask_for_data),
    ("/c/{token}", confirming.confirm),
    ("/p/{token}", choosing.choose),
    ("/d/{token}", owning.own_data),
)
_SHOWN: tuple[tuple[str, Page], ...] = (
    ("/", signing.sign_up),
    ("/embed", signing.embed),
    ("/robots.txt", fixed.robots),
    ("/.well-known/security.txt", fixed.security),
    ("/style.css", fixed.style),
    ("/cards/{token}", pictures.picture),
    ("/openapi.json", fixed.openapi),
    ("/health", fixed.health),
)


def application(house: House) -> ASGIApp:
    """Give the application that serves *house*, behind its guard."""
    pages = routes(house)
    app = Starlette(routes=pages, exception_handlers=_handlers(house))
    app.router.redirect_slashes = False
    known = {route.path.split("/")[1] for route in pages}
    return Guard(app, url=house.site.url, known=known)


def routes(house: House) -> list[Route]:
    """Give every address there is."""
    found = [Route(path, _endpoint(house, page), methods=["GET"]) for path, page in _SHOWN]
    found += [Route(path, _endpoint(house, page, is_limited=True), methods=_BOTH) for path, page in _LIMITED]
    found.append(Route("/u/{token}", _endpoint(house, leaving.leave), methods=_BOTH))
    found.append(Route("/hooks/{provider}", partial(hooks.hook, house), methods=["POST"]))
    return found


def _endpoint(house: House, page: Page, *, is_limited: bool = False) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if is_limited and request.method == "POST":
            wait = house.limits.wait(request.client.host if request.client else "")
            if wait:
                return _failed(house, request, 429, wait=wait)
        visit = await read_visit(request)
        return await run_sync(page, house, visit, limiter=house.writers if visit.is_post else None)

    return endpoint


def _handlers(house: House) -> dict[object, Callable[[Request, Exception], Response]]:
    def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            return _failed(house, request, 500)
        answer = _failed(house, request, error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    def away(request: Request, error: Exception) -> Response:
        return _failed(house, request, 503, wait=60)

    return {HTTPException: refused, OutsideError: away, Exception: refused}


def _failed(house: House, request: Request, status: int, *, wait: int = 0) -> Response:
    """Give the page for what did not work, in the language of the browser."""
    visit = Visit(
        method=request.method,
        lang=request.query_params.get("lang", ""),
        accepts=request.headers.get("accept-language", ""),
    )
    about = _ABOUT.get(status, "failed" if status >= 500 else "refused")
    answer = house.note(about, house.language(visit), status=status)
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


_ABOUT = {404: "missing", 429: "busy"}
