"""What is the same for everybody: for programs, and the style of the pages."""

from datetime import timedelta

from starlette.responses import JSONResponse, PlainTextResponse, Response

from vesicle.model.errors import OutsideError
from vesicle.render.environment import render
from vesicle.web.description import description
from vesicle.web.house import House
from vesicle.web.visit import Visit

_TOKENS = ("u", "c", "p", "d", "hooks")
_EXPIRES = timedelta(days=180)


def robots(house: House, visit: Visit) -> Response:
    """Ask crawlers to leave alone what tokens open (RFC 9309)."""
    lines = ["User-agent: *", *(f"Disallow: {house.base}/{name}/" for name in _TOKENS)]
    return PlainTextResponse("\n".join(lines) + "\n")


def security(house: House, visit: Visit) -> Response:
    """Say whom to tell of a hole (RFC 9116)."""
    now = house.reception.clock()
    lines = [
        f"Contact: mailto:{house.site.contact}",
        f"Expires: {(now + _EXPIRES).strftime('%Y-%m-%dT%H:%M:%SZ')}",
        f"Preferred-Languages: {', '.join(house.languages)}",
        f"Canonical: {house.site.url}/.well-known/security.txt",
    ]
    return PlainTextResponse("\n".join(lines) + "\n")


def style(house: House, visit: Visit) -> Response:
    """Give the style of all pages."""
    text = render(house.jinja, "web/style.css.j2", {})
    return Response(text, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


def openapi(house: House, visit: Visit) -> Response:
    """Describe every address for programs."""
    return JSONResponse(description(house.site.name, house.site.url))


def health(house: House, visit: Visit) -> Response:
    """Tell whether the database answers: 200, else 503."""
    try:
        house.reception.check()
    except OutsideError:
        return PlainTextResponse("The database does not answer.\n", status_code=503)
    return PlainTextResponse("Well.\n")
