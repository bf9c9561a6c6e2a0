"""Whether data are what a lexicon of the AT Protocol says.

Written from atproto.com/specs/lexicon, data-model, and the pages on each format (read 2026-11-22).
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import regex
from tests.rim.social.openapi import SHARED

LEXICONS = SHARED / "bsky-lexicons"
INTEROP = SHARED / "atproto-interop"

Schema = Mapping[str, Any]
Found = Iterator[str]

_DID = r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]"
_HANDLE = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_NSID = r"[a-zA-Z][a-zA-Z0-9-]{0,62}(?:\.[a-zA-Z0-9][a-zA-Z0-9-]{0,62})+\.[a-zA-Z][a-zA-Z0-9]{0,62}"
_KEY = r"(?!\.{1,2}(?![^/]))[a-zA-Z0-9._:~-]{1,512}"
_LANGUAGE = r"i-[a-z]{2,8}|[xX](?:-[A-Za-z0-9]{1,8})+|[a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*"
_MOMENT = r"(\d{4})(-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,20})?(Z|(?!-00:00)[+-]\d\d:\d\d)"
_FORMATS = {
    "at-identifier": (rf"{_DID}|{_HANDLE}", 2048),
    "at-uri": (rf"at://(?:{_DID}|{_HANDLE})(?:/{_NSID}(?:/{_KEY})?)?", 8192),
    "cid": (r"[a-zA-Z0-9+=]{8,256}", 256),
    "did": (_DID, 2048),
    "handle": (_HANDLE, 253),
    "language": (_LANGUAGE, 128),
    "nsid": (_NSID, 317),
    "record-key": (_KEY, 512),
    "tid": (r"[2-7a-j][2-7a-z]{12}", 13),
    "uri": (r"[a-z][a-z0-9+.-]{0,80}:[!-~]+", 8192),
}


def is_of_format(text: str, name: str) -> bool:
    """Tell whether *text* has the string format *name*."""
    if name == "datetime":
        return _is_moment(text)
    pattern, most = _FORMATS[name]
    return len(text) <= most and re.fullmatch(pattern, text) is not None


def _is_moment(text: str) -> bool:
    found = re.fullmatch(_MOMENT, text)
    if found is None:
        return False
    year, rest, zone = found.groups()
    if year == "0000" and zone.startswith("+"):  # before the first year
        return False
    try:
        datetime.fromisoformat(f"{'2000' if year == '0000' else year}{rest}+00:00")
    except ValueError:
        return False
    return True


def problems_of_data(value: Any, path: str = "") -> Found:
    """Yield what no data may be: a fraction; a link, bytes or blob that is none; a `$type` without a name."""
    if isinstance(value, float) and not value.is_integer():
        yield f"{path}: a fraction"
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from problems_of_data(one, f"{path}/{number}")
    elif isinstance(value, dict):
        yield from _of_special(value, path)
        for name, one in value.items():
            yield from problems_of_data(one, f"{path}/{name}")


def _of_special(value: dict[str, Any], path: str) -> Found:
    if "$link" in value and not _is_link(value):
        yield f"{path}: no link"
    if "$bytes" in value and _bytes(value) is None:
        yield f"{path}: no bytes"
    if "$type" in value and not (isinstance(value["$type"], str) and value["$type"]):
        yield f"{path}: no type"
    if value.get("$type") == "blob" and not _is_blob(value):
        yield f"{path}: no blob"


def _is_link(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"$link"} or not isinstance(value["$link"], str):
        return False
    return re.fullmatch(r"b[a-z2-7]{58}", value["$link"]) is not None


def _bytes(value: Any) -> bytes | None:
    if not isinstance(value, dict) or set(value) != {"$bytes"} or not isinstance(value["$bytes"], str):
        return None
    text = value["$bytes"]
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None


def _is_blob(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.get("$type") == "blob"
        and _is_link(value.get("ref"))
        and isinstance(value.get("mimeType"), str)
        and type(value.get("size")) is int
        and value["size"] >= 0
    )


class Lexicons:
    """The lexicons of *documents*, by their ids.

    *is_strict* refuses what the specification lets through for what comes later: fields that a schema does
    not have, and types that a union does not name.
    """

    def __init__(self, documents: Mapping[str, Schema], *, is_strict: bool = False) -> None:
        self._documents = documents
        self._is_strict = is_strict
        self._checks: Mapping[str, Callable[[Schema, Any, str, str], Found]] = {
            "array": self._array,
            "blob": self._blob,
            "boolean": self._boolean,
            "bytes": self._of_bytes,
            "cid-link": self._link,
            "integer": self._integer,
            "object": self._object,
            "ref": self._ref,
            "string": self._string,
            "token": self._token,
            "union": self._union,
            "unknown": self._unknown,
        }

    @classmethod
    def read(cls, folder: Path, *, is_strict: bool = False) -> Self:
        """Read all of a folder."""
        read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
        return cls({one["id"]: one for one in read}, is_strict=is_strict)

    def of_record(self, value: Any) -> list[str]:
        """Give what is wrong with a record."""
        kind = value.get("$type") if isinstance(value, dict) else None
        definition = self._documents.get(str(kind), {}).get("defs", {}).get("main", {})
        if definition.get("type") != "record":
            return [f"`{kind}` is no record"]
        found = self._check(definition["record"], value, str(kind), "")
        return [*problems_of_data(value), *found]

    def of_input(self, name: str, kind: str, body: bytes) -> list[str]:
        """Give what is wrong with the body of a procedure, which came with the content type *kind*."""
        definition = self._documents.get(name, {}).get("defs", {}).get("main", {})
        wanted = definition.get("input")
        if definition.get("type") != "procedure":
            return [f"{name} is no procedure"]
        if wanted is None:
            return [f"{name} takes no body"] if body else []
        if wanted["encoding"] not in ("*/*", kind):
            return [f"{name} takes {wanted['encoding']}, and this is {kind or 'nothing'}"]
        if "schema" not in wanted:
            return []
        return list(self._check(wanted["schema"], json.loads(body), name, ""))

    def of_output(self, name: str, value: Any) -> list[str]:
        """Give what is wrong with an answer."""
        schema = self._documents[name]["defs"]["main"]["output"]["schema"]
        return list(self._check(schema, value, name, ""))

    def _check(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        yield from self._checks[schema["type"]](schema, value, home, path)

    def _boolean(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        if not isinstance(value, bool):
            yield f"{path}: not true or false"

    def _integer(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        if type(value) is not int:
            yield f"{path}: no whole number"
            return
        yield from _within(value, schema.get("minimum"), schema.get("maximum"), path)
        yield from _one_of(schema, value, path)

    def _string(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        if not isinstance(value, str):
            yield f"{path}: no text"
            return
        size = len(value.encode())
        yield from _within(size, schema.get("minLength"), schema.get("maxLength"), f"{path} in bytes")
        seen = len(regex.findall(r"\X", value))
        yield from _within(seen, schema.get("minGraphemes"), schema.get("maxGraphemes"), path)
        yield from _one_of(schema, value, path)
        if "format" in schema and not is_of_format(value, schema["format"]):
            yield f"{path}: no {schema['format']}"

    def _of_bytes(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        found = _bytes(value)
        if found is None:
            yield f"{path}: no bytes"
        else:
            yield from _within(len(found), schema.get("minLength"), schema.get("maxLength"), path)

    def _link(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        if not _is_link(value):
            yield f"{path}: no link"

    def _blob(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        if not _is_blob(value):
            yield f"{path}: no blob"
            return
        yield from _within(value["size"], None, schema.get("maxSize"), path)
        accepted = schema.get("accept", ["*/*"])
        kind = value["mimeType"]
        if not any(one in ("*/*", kind) or one == f"{kind.partition('/')[0]}/*" for one in accepted):
            yield f"{path}: {kind} is not accepted"

    def _array(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        if not isinstance(value, list):
            yield f"{path}: no list"
            return
        yield from _within(len(value), schema.get("minLength"), schema.get("maxLength"), path)
        for number, one in enumerate(value):
            yield from self._check(schema["items"], one, home, f"{path}/{number}")

    def _object(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        if not isinstance(value, dict):
            yield f"{path}: no object"
            return
        known = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{path}/{name}: missing"
        for name, one in value.items():
            if name in known and not (one is None and name in schema.get("nullable", ())):
                yield from self._check(known[name], one, home, f"{path}/{name}")
            elif self._is_strict and name not in known and name != "$type":
                yield f"{path}/{name}: unknown"

    def _ref(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        target, inside, definition = self._resolved(schema["ref"], home)
        yield from self._check(definition, value, inside, path)
        if isinstance(value, dict) and "$type" in value and value["$type"] != target:
            yield f"{path}: is a {value['$type']}"

    def _token(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        if not isinstance(value, str):
            yield f"{path}: no token"

    def _union(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        kind = value.get("$type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            yield f"{path}: nothing of a type"
            return
        for target, inside, definition in (self._resolved(one, home) for one in schema["refs"]):
            if target == kind:
                yield from self._check(definition, value, inside, path)
                return
        if schema.get("closed") or self._is_strict:
            yield f"{path}: a {kind} cannot stand here"

    def _unknown(self, schema: Schema, value: Any, home: str, path: str) -> Found:
        if not isinstance(value, dict) or "$bytes" in value or "$link" in value or _is_blob(value):
            yield f"{path}: no object"

    def _resolved(self, ref: str, home: str) -> tuple[str, str, Schema]:
        """Give the full name of what *ref* means in the document *home*, its own document, and its schema."""
        document, _, name = ref.partition("#")
        inside = document or home
        name = name or "main"
        full = inside if name == "main" else f"{inside}#{name}"
        known = self._documents.get(inside)
        return full, inside, known["defs"][name] if known else {"type": "unknown"}


def _within(value: int, least: int | None, most: int | None, path: str) -> Found:
    if (least is not None and value < least) or (most is not None and value > most):
        yield f"{path}: {value} is not within {least} and {most}"


def _one_of(schema: Schema, value: Any, path: str) -> Found:
    if "const" in schema and value != schema["const"]:
        yield f"{path}: not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: none of {schema['enum']}"
