"""What an endpoint answers, and the shapes that all of NCBI's answers share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Params = Mapping[str, str]
"""The parameters of a request; of one given twice, the last."""

JSON = "application/json; charset=UTF-8"
XML = "text/xml; charset=UTF-8"
HTML = "text/html; charset=UTF-8"
TEXT = "text/plain; charset=UTF-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer."""

    body: bytes
    media_type: str
    status: int = 200


def as_json(value: object, *, status: int = 200) -> Reply:
    """Give *value* as NCBI writes JSON: without blanks or a final newline."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Reply(body=text.encode(), media_type=JSON, status=status)


def as_xml(text: str, *, status: int = 200) -> Reply:
    """Give *text* as XML."""
    return Reply(body=text.encode(), media_type=XML, status=status)


def enveloped(kind: str, content: Mapping[str, Any]) -> Reply:
    """Give *content* as JSON below the header that names the tool."""
    return as_json({"header": {"type": kind, "version": "0.3"}, **content})


def unsupported(what: str) -> Reply:
    """Say aloud that this server cannot do what NCBI can."""
    return Reply(body=f"vesicle.testing.ncbi does not know {what}\n".encode(), media_type=TEXT, status=501)


def number(params: Params, name: str, default: int) -> int:
    """Give a parameter as a number, *default* where it is missing or none; never below 0."""
    value = params.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() else default


def is_json(params: Params) -> bool:
    """Tell whether the request wants JSON."""
    return params.get("retmode", "xml").casefold() == "json"
