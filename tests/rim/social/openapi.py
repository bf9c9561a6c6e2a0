"""Whether a request is one that the OpenAPI document of an API knows, and its body as it says."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from jsonschema import Draft202012Validator

from vesicle.testing.apiserver import Asked

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "social"


@cache
def document(name: str) -> Mapping[str, Any]:
    """Give an OpenAPI document of the shared data; skips where it is absent."""
    path = SHARED / "openapi" / f"{name}.openapi.json"
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside the project")
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def problems(name: str, asked: Asked, *, prefix: str = "") -> list[str]:
    """Give what is wrong with a request: no such path or method, or a body that its schema refuses.

    A multipart body is checked for its content type alone.
    """
    known = document(name)
    path = asked.path.removeprefix(prefix)
    for template, methods in known["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) and asked.method.lower() in methods:
            return list(_of_operation(known, methods[asked.method.lower()], asked))
    return [f"{asked.method} {path} is not in the document"]


def _of_operation(known: Mapping[str, Any], operation: Mapping[str, Any], asked: Asked) -> Iterator[str]:
    for one in operation.get("parameters", ()):
        yield from _of_parameter(_resolved(known, one), asked)
    body = _resolved(known, operation.get("requestBody", {}))
    if not body:
        return
    kind = asked.headers.get("content-type", "").partition(";")[0]
    content = body.get("content", {})
    if kind not in content:
        yield f"the content type `{kind}` is none of {sorted(content)}"
        return
    if kind.startswith("multipart/"):
        return
    value = dict(parse_qsl(asked.body.decode())) if "urlencoded" in kind else asked.json
    schema = {**content[kind]["schema"], "components": _without_nullable(known["components"])}
    for error in Draft202012Validator(_without_nullable(schema)).iter_errors(value):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"


def _of_parameter(one: Mapping[str, Any], asked: Asked) -> Iterator[str]:
    if one.get("in") == "header" and one.get("required") and one["name"].lower() not in asked.headers:
        yield f"the header {one['name']} is not there"
    if one.get("in") == "query" and one.get("required") and one["name"] not in asked.query:
        yield f"the parameter {one['name']} is not there"


def _resolved(known: Mapping[str, Any], one: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in one:
        found: Any = known
        for step in one["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        one = found
    return one


def _without_nullable(schema: Any) -> Any:
    """Give *schema* as JSON Schema has it: `nullable` is OpenAPI's word for null beside a type."""
    if isinstance(schema, list):
        return [_without_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _without_nullable(value) for key, value in schema.items()}
    if made.pop("nullable", False) and "type" in made:
        made["type"] = [made["type"], "null"]
    return made
