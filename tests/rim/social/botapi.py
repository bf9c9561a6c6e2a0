"""A Bot API of Telegram on loopback: what it takes is what its document says."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.rim.social.openapi import SHARED

from vesicle.testing.apiserver import Answer, Asked

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
CHAT = "@sciencenews"
BOT = {"id": 110201543, "is_bot": True, "first_name": "News", "username": "news_bot"}
CHANNEL = {"id": -1001234567890, "type": "channel", "title": "Science News", "username": "sciencenews"}


@dataclass
class BotApi:
    """Answers as Telegram does: `posted` are the messages there are; `refuses` is said instead, if not None.

    Whatever the document does not allow is refused, and kept in `problems`.
    """

    chat: Mapping[str, Any] = field(default_factory=lambda: CHANNEL)
    posted: list[Mapping[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    refuses: Answer | None = None

    def __call__(self, asked: Asked) -> Answer:
        """Answer one request."""
        if not (path := re.fullmatch(r"/bot([^/]*)/(\w+)", asked.path)) or path[1] != TOKEN:
            return refusal(401, "Unauthorized")
        method, fields = path[2], values(asked)
        if found := list(problems(method, fields)):
            self.problems += found
            return refusal(400, f"Bad Request: {found[0]}")
        return self._answer(method, fields)

    def _answer(self, method: str, fields: Mapping[str, Any]) -> Answer:
        if method == "getMe":
            return Answer(data={"ok": True, "result": BOT})
        if fields["chat_id"] not in (
            CHAT,
            f"@{self.chat.get('username')}",
            self.chat["id"],
            str(self.chat["id"]),
        ):
            return refusal(400, "Bad Request: chat not found")
        if method == "getChat":
            return Answer(data={"ok": True, "result": self.chat})
        if self.refuses:
            return self.refuses
        self.posted.append({"method": method, **fields})
        sent = {"message_id": len(self.posted), "date": 1795658400, "chat": self.chat}
        return Answer(data={"ok": True, "result": sent})


def refusal(status: int, description: str, **parameters: int) -> Answer:
    """Give how Telegram refuses."""
    data = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
    return Answer(status=status, data=data)


def values(asked: Asked) -> Mapping[str, Any]:
    """Give the fields of a request, a file as its bytes."""
    kind = asked.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return dict(asked.json) if asked.body else {}
    head = b"Content-Type: " + kind.encode() + b"\r\n\r\n"
    mail = BytesParser(policy=HTTP).parsebytes(head + asked.body)
    found = {}
    for part in mail.iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        name = str(part["content-disposition"].params["name"])
        found[name] = content if part.get_filename() else content.decode()
    return found


@cache
def document() -> Mapping[str, Any]:
    """Give the document of the Bot API; skips where it is absent."""
    path = SHARED / "telegram" / "bot-api-publish.json"
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside the project")
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def problems(method: str, fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a request: a field that is not known, not there, of another type, too long."""
    if method not in document()["methods"]:
        yield f"there is no method {method}"
        return
    known = {one["name"]: one for one in document()["methods"][method].get("fields", ())}
    yield from (f"{name} is not known" for name in fields.keys() - known)
    yield from (
        f"{name} is not there" for name, one in known.items() if one["required"] and name not in fields
    )
    for name, value in fields.items():
        one = known.get(name, {"types": [], "description": ""})
        if known and not any(_is(value, kind) for kind in one["types"]):
            yield f"{name} is none of {one['types']}"
        if limits := re.search(r"(\d+)-(\d+) characters after entities parsing", one["description"]):
            length = len(parsed(value).encode("utf-16-le")) // 2
            if not int(limits[1]) <= length <= int(limits[2]):
                yield f"{name} has {length}, not {limits[0]}"


def _is(value: object, kind: str) -> bool:
    simple = {"Integer": int, "String": str, "Boolean": bool, "InputFile": bytes}
    if kind in simple:
        return type(value) is simple[kind]
    known = {one["name"]: one["types"] for one in document()["types"].get(kind, {}).get("fields", ())}
    return isinstance(value, dict) and all(
        name in known and any(_is(inside, one) for one in known[name]) for name, inside in value.items()
    )


def parsed(html: str) -> str:
    """Give the text that readers see; ValueError for HTML that Telegram does not take.

    core.telegram.org/bots/api, "HTML style": these tags alone, each closed, `<`, `>` and `&` of the text
    written as entities, and no other named entity but `&quot;`.
    """
    reader = _Html()
    reader.feed(html)
    reader.close()
    if reader.opened:
        raise ValueError(f"<{reader.opened[-1]}> is not closed")
    return "".join(reader.texts)


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.texts: list[str] = []
        self.opened: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = ("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote")
        if tag not in known:
            raise ValueError(f"<{tag}> is not known")
        self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.opened or self.opened.pop() != tag:
            raise ValueError(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if set("<>&") & set(data):
            raise ValueError(f"{data!r} is not escaped")
        self.texts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.texts.append({"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[name])

    def handle_charref(self, name: str) -> None:
        self.texts.append(chr(int(name[1:], 16) if name[0] in "xX" else int(name)))
