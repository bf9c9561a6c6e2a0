"""Whatever is sent: never a fault of ours, no markup of theirs, no line break in a header or the log."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import openapi
from schemathesis.specs.openapi.checks import negative_data_rejection
from tests.unit.web.site import HOST, Pages

from vesicle.text import tokens
from vesicle.text.doors import Door

EVIL = st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=a>',
        "a\r\nSet-Cookie: x=1",
        "\x00",
        "{{ 7*7 }}",
        "\u202e",
    ]
)
TEXT = st.one_of(st.text(max_size=60), EVIL, EVIL.map(lambda text: f"{text}@readers.example"))
NAMES = st.sampled_from(
    ["email", "topics", "language", "frequency", "stamp", "accepted", "comment", "pause"]
) | st.sampled_from(["reason", "do", "sure", "List-Unsubscribe"])
KINDS = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "multipart/form-data; boundary=x; charset=utf-7",
        "text/plain",
    ]
)
FORMS = st.dictionaries(NAMES, st.one_of(TEXT, st.lists(TEXT, max_size=3)), max_size=8)
PATHS = st.sampled_from(["/sign-up", "/data", *(f"/{door.path}/TOKEN" for door in Door)])
MARKUP = re.compile(r"<script|<img|onerror=a>")


def sound(answer: Any, *, status: range = range(200, 500)) -> None:
    assert answer.status_code in status
    # An attribute's value may hold it in quotes, which `"` as &#34; cannot end; text holds no `<` of theirs.
    assert not MARKUP.search(answer.text)
    assert "set-cookie" not in answer.headers
    assert not any("\r" in value or "\n" in value for value in answer.headers.values())


@contextmanager
def one_line_each() -> Iterator[None]:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]  # it only notes
    logger = logging.getLogger("vesicle.web")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert [
        line for line in lines if not re.fullmatch(r"web\.answered path=[/\w.-]+ status=\d{3}", line)
    ] == []


@given(PATHS, FORMS, st.booleans(), st.booleans(), TEXT)
def test_any_form_on_any_page(
    path: str, form: dict[str, Any], is_multipart: bool, is_stamped: bool, agent: str
) -> None:
    pages = Pages()
    if is_stamped:
        stamps = {"/sign-up": "sign up", "/data": "data", "/c/TOKEN": "confirm"}
        form = {**form, "stamp": pages.reception.stamp(stamps.get(path, "x"))}
        pages.later(seconds=9)
    door = next((door for door in Door if path == f"/{door.path}/TOKEN"), None)
    client, where = pages.client(**{"user-agent": quote(agent)}), pages.path(door) if door else path
    with one_line_each():
        if is_multipart:
            parts = [(name, (None, value)) for name, value in pairs(form)]
            sound(client.post(where, files=parts))
        else:
            sound(client.post(where, data=form))


def pairs(form: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, one) for name, value in form.items() for one in ([value] if isinstance(value, str) else value)
    ]


@given(PATHS, st.binary(max_size=300), KINDS)
def test_any_bytes_as_a_form(path: str, body: bytes, kind: str) -> None:
    pages = Pages()
    client = pages.client()
    for one in (
        body,
        b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + body + b"\r\n--x--\r\n",
    ):
        sound(client.post(path.replace("TOKEN", "x"), content=one, headers={"content-type": kind}))


@given(st.sampled_from(Door), TEXT, st.sampled_from(["GET", "HEAD", "POST"]))
def test_any_token(door: Door, token: str, method: str) -> None:
    client = Pages().client()
    with one_line_each():
        sound(client.request(method, f"/{door.path}/{quote(token, safe='')}"))


@given(st.sampled_from(Door), TEXT)
def test_a_token_of_ours_about_anything(door: Door, subject: str) -> None:
    token = tokens.make(b"k" * 64, door, subject)
    client = Pages().client()
    for method in ("GET", "POST"):
        sound(client.request(method, f"/{door.path}/{token}", data={"do": "erase", "sure": "1"}))


@given(st.sampled_from(Door), st.data())
def test_a_token_with_one_character_changed_opens_nothing(door: Door, data: st.DataObject) -> None:
    pages = Pages()
    pages.confirm()
    token = pages.path(door).rpartition("/")[2]
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("abcXYZ019-_.~"))
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        assert pages.reception.visitor(door, changed) is None


@given(TEXT, TEXT, st.text(max_size=30))
def test_any_language_and_path(lang: str, accepts: str, path: str) -> None:
    client = Pages().client(**{"accept-language": quote(accepts)})
    with one_line_each():
        sound(client.get("/sign-up", params={"lang": lang}))
        sound(client.get("/" + quote(path)))


PAGES = Pages()
SCHEMA = openapi.from_asgi("/openapi.json", PAGES.client().app, headers={"host": HOST})


@SCHEMA.parametrize()
@settings(max_examples=20)
def test_every_described_address_answers_as_described(case: Any) -> None:
    PAGES.now += timedelta(hours=1)
    # A form that is not filled in as it should be is shown again, with 200.
    case.call_and_validate(headers={"host": HOST}, excluded_checks=[negative_data_rejection])
