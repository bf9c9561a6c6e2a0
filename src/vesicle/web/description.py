"""All addresses as OpenAPI 3.1, kept by hand; a test compares it with the routes."""

from typing import Any

_TOKEN = {"name": "token", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
_PROVIDER = {"name": "provider", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
_LANG = {"name": "lang", "in": "query", "schema": {"type": "string"}}

_TEXT, _STRINGS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
_SIGN_UP = {
    "email": _TEXT,
    "topics": _STRINGS,
    "language": _TEXT,
    "frequency": {"type": "string", "enum": ["every issue", "monthly"]},
    "stamp": _TEXT,
    "accepted": _TEXT,
}
_LEAVE = {"List-Unsubscribe": {"type": "string", "enum": ["One-Click"]}, "reason": _TEXT, "pause": _TEXT}
_CHOOSE = {"topics": _STRINGS, "language": _TEXT, "frequency": _TEXT, "pause": _TEXT, "do": _TEXT}
_OWN = {"do": {"type": "string", "enum": ["download", "erase"]}, "sure": _TEXT}


def description(name: str, url: str) -> dict[str, Any]:
    """Give the description of the pages of the site called *name* at *url*."""
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "1", "description": "The public pages, for people and programs."},
        "servers": [{"url": url}],
        "paths": {
            "/": {"get": _page("The form to sign up.")},
            "/sign-up": {
                "get": _page("The form to sign up."),
                "post": _form("Sign up: the same answer for every address.", _SIGN_UP),
            },
            "/embed": {"get": _get("The form as HTML, to copy into another site.", "text/plain", _LANG)},
            "/c/{token}": _door("confirm", {"stamp": _TEXT}),
            "/u/{token}": _door("leave, by one click (RFC 8058) or the button", _LEAVE),
            "/p/{token}": _door("choose", _CHOOSE),
            "/d/{token}": _door("see or erase one's data", _OWN),
            "/data": {
                "get": _page("The form that asks for the link to one's data."),
                "post": _form(
                    "Ask for the link: the same answer for every address.", {"email": _TEXT, "stamp": _TEXT}
                ),
            },
            "/hooks/{provider}": {"post": _hook()},
            "/robots.txt": {"get": _get("What crawlers leave alone.", "text/plain")},
            "/.well-known/security.txt": {"get": _get("Whom to tell of a hole (RFC 9116).", "text/plain")},
            "/cards/{token}": {"get": _pictured("The picture of a page or of a post.")},
            "/style.css": {"get": _get("The style of the pages.", "text/css")},
            "/openapi.json": {"get": _get("This description.", "application/json")},
            "/health": {"get": _get("Whether the database answers.", "text/plain", failure="503")},
        },
    }


def _door(what: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "get": _page(f"The page to {what}; changes nothing.", _TOKEN),
        "post": _form(f"To {what}.", fields, _TOKEN),
    }


def _get(what: str, media: str, *parameters: dict[str, Any], failure: str = "") -> dict[str, Any]:
    responses = {"200": _content(media), **({failure: _content("text/plain")} if failure else {})}
    return {"summary": what, "parameters": list(parameters), "responses": responses}


def _pictured(what: str) -> dict[str, Any]:
    found = {"description": "the picture", "content": {"image/png": {}, "image/jpeg": {}}}
    responses = {"200": found, "404": _content("text/html")}
    return {"summary": what, "parameters": [_TOKEN], "responses": responses}


def _page(what: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    found = _get(what, "text/html", *parameters, _LANG)
    return {**found, "responses": {"200": _content("text/html"), "404": _content("text/html")}}


def _form(what: str, fields: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    schema = {"schema": {"type": "object", "properties": fields}}
    media = ("application/x-www-form-urlencoded", "multipart/form-data")
    any_text: dict[str, Any] = {
        "content": {name: {} for name in ("text/html", "text/plain", "application/json")}
    }
    codes = ("200", "400", "403", "404", "413", "429")
    return {
        "summary": what,
        "parameters": [*parameters, _LANG],
        "requestBody": {"content": dict.fromkeys(media, schema)},
        "responses": {code: {"description": _CODES[code], **any_text} for code in codes},
    }


def _hook() -> dict[str, Any]:
    codes = ("204", "400", "403", "404", "413", "503")
    return {
        "summary": "Reports of a mail provider, with its signature.",
        "parameters": [_PROVIDER],
        "requestBody": {"content": {"*/*": {}}},
        "responses": {code: {"description": _CODES[code]} for code in codes},
    }


def _content(media: str) -> dict[str, Any]:
    return {"description": media, "content": {media: {}}}


_CODES = {
    "200": "Done, or shown again with what is missing.",
    "204": "Taken in.",
    "400": "Not to be read.",
    "403": "From another site, or forged.",
    "404": "No such page, or a link that works no more.",
    "413": "Too long.",
    "429": "Too many; `Retry-After` says how long to wait.",
    "503": "Not now.",
}
