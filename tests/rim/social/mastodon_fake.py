"""A Mastodon server with one account, as docs.joinmastodon.org describes it (read 2026-11-22).

It keeps an Idempotency-Key for an hour and a picture without a status for a day, by the clock it is given;
it shows links, hashtags and people as Mastodon's own `TextFormatter` does. `troubles` says what befalls the
requests that would make the status of that number (from 0).
"""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from functools import cache
from typing import Any

from tests.rim.social.openapi import problems

from vesicle.model.limits import Unit
from vesicle.testing.apiserver import Answer, ApiServer, Asked, Fault
from vesicle.testing.clock import FixedClock
from vesicle.text.counting import count

TOKEN = "t0ken-of-ada"
STATUSES = "POST /api/v1/statuses$"
OWN = "GET /api/v1/accounts/[0-9]+/statuses"
_URL = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)]")
_LINKED = re.compile(rf"({_URL.pattern})|(?<!\w)#(\w+)|(?<!\w)@(\w+)@([\w.-]*\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A picture: what came, and when."""

    name: str
    kind: str
    data: bytes
    description: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class FakeMastodon:
    """The server; *unready* is how often a picture is asked for before it is processed, 0 for at once.

    Each request about pictures takes *dawdles*.
    """

    clock: FixedClock
    configuration: dict[str, Any] = field(
        default_factory=lambda: {
            "statuses": {"max_characters": 500, "characters_reserved_per_url": 23},
            "media_attachments": {"description_limit": 1500, "image_size_limit": 16_777_216},
        }
    )
    account: str = "ada"
    refusal: Answer | None = None
    unready: int = 0
    dawdles: timedelta = timedelta()
    statuses: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, Stored] = field(default_factory=dict)
    troubles: dict[int, list[Fault]] = field(default_factory=dict)
    keys: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    api: ApiServer = field(init=False)

    def __post_init__(self) -> None:
        self.api = ApiServer(self._answer)

    @contextmanager
    def running(self) -> Iterator["FakeMastodon"]:
        """Answer while the block lasts, and find every request right at its end."""
        with self.api:
            yield self
        assert [wrong for asked in self.api.asked for wrong in wrongs(asked)] == []

    @property
    def texts(self) -> list[str]:
        """Give the texts of all statuses, the first one first."""
        return [one["text"] for one in self.statuses]

    def befall(self, number: int, *faults: Fault) -> None:
        """Let *faults* befall the next requests that would make the status of that number."""
        self.troubles[number] = list(faults)
        self._arm()

    def add(self, text: str, *, at: datetime | None = None, **more: Any) -> dict[str, Any]:
        """Add a status, as if somebody had written it."""
        number = str(len(self.statuses) + 1)
        moment = (at or self.clock()).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        address = f"{self.api.url}/@{self.account}/{number}"
        status = {"id": number, "url": address, "text": text, "content": shown(text), "created_at": moment}
        counts = dict.fromkeys(("favourites_count", "replies_count", "reblogs_count"), 0)
        self.statuses.append(status | counts | {"in_reply_to_id": None, "media_attachments": []} | more)
        self._arm()
        return self.statuses[-1]

    def _arm(self) -> None:
        self.api.faults += self.troubles.pop(len(self.statuses), [])

    def _answer(self, asked: Asked) -> Answer:
        if self.refusal:
            return self.refusal
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(status=401, data={"error": "The access token is invalid"})
        what, _, last = f"{asked.method} {asked.path}".rpartition("/")
        if "/media" in asked.path:
            self.clock.forward(self.dawdles)
        if what == "GET /api/v1/statuses":
            return self._found([one for one in self.statuses if one["id"] == last])
        if what == "GET /api/v1/media":
            return self._picture(last)
        known = {
            "GET /api/v1/accounts/verify_credentials": self._whose,
            "GET /api/v2/instance": self._instance,
            "GET /api/v1/accounts/7/statuses": self._own,
            "POST /api/v2/media": self._upload,
            "POST /api/v1/statuses": self._post,
        }
        return known[f"{what}/{last}"](asked)

    def _whose(self, asked: Asked) -> Answer:
        return Answer(data={"id": "7", "acct": self.account, "username": self.account})

    def _instance(self, asked: Asked) -> Answer:
        return Answer(data={"domain": "example.org", "configuration": self.configuration})

    def _own(self, asked: Asked) -> Answer:
        before = int(asked.query.get("max_id", 10**9))
        known = [one for one in reversed(self.statuses) if int(one["id"]) < before]
        return Answer(data=known[: int(asked.query["limit"])])

    def _found(self, known: list[dict[str, Any]]) -> Answer:
        return Answer(data=known[0]) if known else Answer(status=404, data={"error": "Record not found"})

    def _picture(self, media: str) -> Answer:
        taken = [one["id"] for status in self.statuses for one in status["media_attachments"]]
        kept = self.media.get(media)
        if kept is None or media in taken or self.clock() - kept.at > timedelta(days=1):
            return Answer(status=404, data={"error": "Record not found"})
        self.unready -= self.unready > 0
        return Answer(status=206 if self.unready else 200, data={"id": media, "url": None})

    def _upload(self, asked: Asked) -> Answer:
        parts = {}
        head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
        for part in message_from_bytes(head + asked.body).walk():
            if not part.is_multipart():
                parts[part.get_param("name", header="content-disposition")] = part
        file = parts["file"]
        data = file.get_payload(decode=True)
        said = parts["description"].get_payload(decode=True) if "description" in parts else b""
        assert isinstance(data, bytes)
        assert isinstance(said, bytes)
        media = f"m{len(self.media) + 1}"
        self.media[media] = Stored(
            name=file.get_filename() or "",
            kind=file.get_content_type(),
            data=data,
            description=said.decode(),
            at=self.clock(),
        )
        return Answer(status=202 if self.unready else 200, data={"id": media, "type": "image"})

    def _post(self, asked: Asked) -> Answer:
        key, now = asked.headers["idempotency-key"], self.clock()
        known, at = self.keys.get(key, ("", now))
        if known and now - at < timedelta(hours=1):
            return self._found([one for one in self.statuses if one["id"] == known])
        wanted = asked.json
        ids = wanted.get("media_ids", [])
        if wrong := self._wrong(wanted["status"], wanted.get("in_reply_to_id"), ids):
            return wrong
        attached = [{"id": one, "description": self.media[one].description} for one in ids]
        seen = {name: wanted[name] for name in ("language", "visibility")}
        above = wanted.get("in_reply_to_id")
        made = self.add(wanted["status"], in_reply_to_id=above, media_attachments=attached, **seen)
        self.keys[key] = (made["id"], now)
        return Answer(data=made)

    def _wrong(self, text: str, above: str | None, media: list[str]) -> Answer | None:
        most = self.configuration["statuses"]["max_characters"]
        if count(text, Unit.MASTODON) > most:
            error = f"Validation failed: Text character limit of {most} exceeded"
            return Answer(status=422, data={"error": error})
        if any(self._picture(one).status != 200 for one in media):
            return Answer(status=422, data={"error": "Cannot attach files that have not finished processing"})
        if above and above not in [one["id"] for one in self.statuses]:
            error = "The post you are trying to reply to does not appear to exist."
            return Answer(status=404, data={"error": error})
        return None


def shown(text: str) -> str:
    """Give the content of a status of *text*, as Mastodon 4 writes it."""
    written = _LINKED.sub(_link, html.escape(text, quote=True).replace("&#x27;", "&#39;"))
    paragraphs = re.split(r"\n\n+", written)
    return "".join(f"<p>{one.replace(chr(10), '<br />')}</p>" for one in paragraphs)


def _link(found: re.Match[str]) -> str:
    url, tag, who, where = found.groups()
    if url:
        start = re.match(r"https?://(www\.)?", url)
        assert start
        first, rest = start[0], url[start.end() :]
        return (
            f'<a href="{url}" target="_blank" rel="nofollow noopener noreferrer" translate="no">'
            f'<span class="invisible">{first}</span><span class="{"ellipsis" if len(rest) > 30 else ""}">'
            f'{rest[:30]}</span><span class="invisible">{rest[30:]}</span></a>'
        )
    if tag:
        return f'<a href="https://x.org/tags/{tag}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'
    return (
        f'<span class="h-card" translate="no"><a href="https://{where}/@{who}" class="u-url mention">'
        f"@<span>{who}</span></a></span>"
    )


def wrongs(asked: Asked) -> list[str]:
    """Give what the OpenAPI document has against a request."""
    return _wrongs(asked.method, asked.path, asked.headers.get("content-type", ""), asked.body)


@cache
def _wrongs(method: str, path: str, kind: str, body: bytes) -> list[str]:
    """Do the same, once for requests that are alike: to look takes longer than to ask."""
    if re.search(OWN, f"{method} {path}"):
        return []  # the document of the shared data is trimmed, and does not have it
    asked = Asked(method=method, path=path, query={}, headers={"content-type": kind}, body=body)
    # The document says `oneOf` where a status with text and pictures is both of two kinds of its own.
    return [one for one in problems("mastodon-publish", asked) if "is valid under each of" not in one]
