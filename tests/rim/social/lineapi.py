"""A Messaging API of LINE on loopback, and a channel that speaks to it."""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from jsonschema import Draft202012Validator
from tests.rim.social.openapi import document
from tests.rim.social.openapi import problems as request_problems

from vesicle.deliver.line import Channel, Options
from vesicle.model.delivery import Delivery, Frozen, Outcome
from vesicle.model.limits import Frame
from vesicle.model.message import Card, Message
from vesicle.ports import LEASE, Desk
from vesicle.testing.apiserver import Answer, ApiServer, Asked, Fault, Kind
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import plain_desk
from vesicle.testing.memory import MemoryLedger

# Nine in the evening of the 26th in Japan.
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
TOKEN = "channel+access/token="
NAME = "i/migraine/line"
DOCUMENT = "line-messaging-send"
BROADCAST = "POST /v2/bot/message/broadcast"
POST = Message(channel="line", slug="migraine", lang="th", text="ข้อค้นพบ 🧪\nhttps://doi.org/10.1/x")
CARD = Card(source="s", data=json.dumps({"title": "x"}), frame=Frame(width=1080, height=1350, format="jpeg"))
BUSY = Answer(status=429, data={"message": "The API rate limit has been exceeded. Try again later."})


@dataclass
class LineApi:
    """Answers as LINE does: `sent` are the broadcasts that it took, with their moments.

    Whatever its document does not know is kept in `problems`.
    """

    clock: FixedClock
    friends: int = 120
    limit: int | None = 5000
    used: int = 0
    sent: list[tuple[datetime, list[dict[str, str]]]] = field(default_factory=list)
    keys: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Answer:
        """Answer one request."""
        if asked.path.startswith("/cards/"):
            return Answer(status=200 if asked.path == f"/cards/{CARD.name}" else 404)
        self.problems += request_problems(DOCUMENT, asked)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(status=401, data={"message": "Authentication failed."})
        if asked.method == "POST":
            is_trial = "/validate/" in asked.path
            return _judged(asked.json["messages"]) if is_trial else self._broadcast(asked)
        return Answer(data=self._told(asked))

    def _told(self, asked: Asked) -> Mapping[str, object]:
        limit = {"type": "none"} if self.limit is None else {"type": "limited", "value": self.limit}
        known: Mapping[str, Callable[[], Mapping[str, object]]] = {
            "info": lambda: {"basicId": "@news", "displayName": "Science News"},
            "message/quota": lambda: limit,
            "message/quota/consumption": lambda: {"totalUsage": self.used},
            "message/delivery/broadcast": lambda: self._counted(asked.query["date"]),
        }
        return known[asked.path.removeprefix("/v2/bot/")]()

    def _broadcast(self, asked: Asked) -> Answer:
        key, now = asked.headers["x-line-retry-key"], self.clock()
        assert str(uuid.UUID(key)) == key
        first, accepted = self.keys.get(key, (now, ""))
        # "The retry key is valid for 24 hours after attempting the first request."
        if accepted and now - first < timedelta(hours=24):
            headers = {"x-line-request-id": "r", "x-line-accepted-request-id": accepted}
            return Answer(status=409, data={"message": "The retry key is already accepted"}, headers=headers)
        if self.limit is not None and self.used + self.friends > self.limit:
            return Answer(status=429, data={"message": "You have reached your monthly limit."})
        self.used += self.friends
        self.sent.append((now, asked.json["messages"]))
        self.keys[key] = (now, f"request-{len(self.sent)}")
        return Answer(data={}, headers={"x-line-request-id": self.keys[key][1]})

    def _counted(self, day: str) -> dict[str, Any]:
        # "Calculation usually takes about a day."
        if day >= _day(self.clock() - timedelta(days=1)):
            return {"status": "unready"}
        number = self.friends * sum(_day(at) == day for at, _ in self.sent)
        return (
            {"status": "unavailable_for_privacy"}
            if 0 < number < 20
            else {"status": "ready", "success": number}
        )


def _day(moment: datetime) -> str:
    return f"{moment + timedelta(hours=9):%Y%m%d}"


def _judged(messages: list[dict[str, str]]) -> Answer:
    known = document(DOCUMENT)
    details = []
    for place, message in enumerate(messages):
        schema = {"text": "TextMessage", "image": "ImageMessage"}[message["type"]]
        whole = {"$ref": f"#/components/schemas/{schema}", "components": known["components"]}
        details += [
            {"property": f"messages[{place}]", "message": error.message}
            for error in Draft202012Validator(whole).iter_errors(message)
        ]
        if len(message.get("text", "x").encode("utf-16-le")) // 2 > 5000:
            details.append({"property": f"messages[{place}].text", "message": "Length must be at most 5000"})
    return Answer(status=400, data={"message": "Invalid", "details": details}) if details else Answer(data={})


class Stand:
    """A channel with an API of its own, and a ledger that owes it posts."""

    def __init__(self, server: ApiServer, api: LineApi) -> None:
        self.server, self.api, self.clock = server, api, api.clock
        self.ledger = MemoryLedger()
        self.token = TOKEN
        self.has_card = False

    def owe(self, post: Message = POST, *, give_up: datetime | None = None) -> None:
        """Let the channel be owed *post*."""
        frozen = Frozen(
            slug=f"i/{post.slug}/line",
            channel="line",
            hash="h",
            messages={post.lang: post},
            give_up=give_up,
            policy=Channel.policy,
        )
        self.ledger.freeze(frozen, None)

    def taken(self) -> list[Delivery]:
        """Take what is due."""
        return list(self.ledger.take("line", limit=9, now=self.clock(), lease=LEASE))

    def channel(self) -> Channel:
        """Open the channel."""
        options = Options(token=self.token, with_card=self.has_card, base=self.server.url)
        return Channel(options, desk=self.desk())

    def desk(self) -> Desk:
        """Give a desk at which the API is the site as well."""
        return replace(plain_desk(self.clock, name="line"), site_url=self.server.url)

    def run(self, *, later: timedelta = timedelta(0)) -> Outcome:
        """Deliver what is due *later*; tell how the post ended."""
        self.clock.forward(later)
        self.channel().deliver_all(iter(self.taken()), self.ledger)
        outcome = self.ledger.outcome(f"{NAME}:line")
        assert outcome is not None
        return outcome

    def fails(
        self, kind: Kind, answer: Answer | None = None, *, times: int = 1, where: str = BROADCAST
    ) -> None:
        """Let the next broadcasts fail."""
        self.server.faults += [Fault(where=where, kind=kind, answer=answer or Answer(status=500))] * times

    def keys(self) -> Counter[str]:
        """Count the broadcasts that were asked for, by their keys."""
        return Counter(one.headers["x-line-retry-key"] for one in self.server.calls(BROADCAST))


@contextmanager
def standing() -> Iterator[Stand]:
    """Give a stand inside the `with`; after it, that every request was one that LINE knows."""
    api = LineApi(FixedClock(NOW))
    with ApiServer(api) as server:
        yield Stand(server, api)
    assert api.problems == []
