"""Publishes posts to the friends of a LINE Official Account, as broadcasts of its Messaging API."""

import hmac
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, ClassVar

from vesicle.model.call import Call
from vesicle.model.checkup import Line, fault, good, warning
from vesicle.model.delivery import MOST_ATTEMPTS, Delivery, Policy, Receipt
from vesicle.model.errors import (
    OutcomeUnknown,
    OutsideError,
    PermanentFailure,
    TemporaryFailure,
    UserError,
)
from vesicle.model.message import Card, Message
from vesicle.model.problem import Place, Problem
from vesicle.net.address import can_be_asked
from vesicle.net.reach import reach
from vesicle.ports import Desk, Ledger
from vesicle.posting.api import Api, Reply
from vesicle.posting.attempt import Attempt, Closed, publish_each

_MOST_MESSAGES = 5  # BroadcastRequest.messages, maxItems

# developers.line.biz, "Retry failed API requests" (read 2026-11): a key is valid for 24 hours after the first
# request that had it.
_KEY_LIVES = timedelta(hours=23)
# LINE counts what was sent by the days of Japan (delivery/broadcast: "Timezone: UTC+9").
_JAPAN = timezone(timedelta(hours=9))
# A request that was made at the end of a day, or by a clock that is off, may count for the next.
_NEAR = timedelta(minutes=10)
_LITTLE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The channel access token; *with_card* puts the card of a post before its text.

    LINE takes no pictures, only their addresses: with cards, the phones of all friends get
    `<site url>/cards/…` from `vesicle serve`, which must be reachable from outside by https. *base* is the
    address of the API. Raises UserError for one that cannot be asked.
    """

    token: str = field(default="", repr=False, metadata={"secret": True})
    with_card: bool = False
    base: str = "https://api.line.me"

    def __post_init__(self) -> None:
        problems = []
        if not (self.token.isascii() and self.token.isprintable()) or " " in self.token:
            problems.append(("the token is not one of a channel", "copy it from the LINE Developers Console"))
        if not can_be_asked(self.base):
            problems.append((f"base '{self.base}' cannot be asked", "write an address with https://"))
        if problems:
            where = Place(file="config.yaml")
            raise UserError(
                Problem(code="line.options", text=f"line: {text}", where=where, mend=mend)
                for text, mend in problems
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quota:
    """How many messages were used this month, of how many; *most* is None where there is no limit."""

    used: int
    most: int | None

    @property
    def left(self) -> float:
        """Give how many are left."""
        return max(self.most - self.used, 0) if self.most is not None else float("inf")

    def __str__(self) -> str:
        if self.most is None:
            return f"{self.used:,} messages were used this month, and there is no limit"
        return f"{self.used:,} of {self.most:,} messages of this month are used"


class Channel:
    """Publishes each post as one broadcast, with up to five messages: the texts of a thread come together.

    A broadcast has a key of its own, by which LINE takes it once within 24 hours, however often it is
    asked. A post whose answer was lost is therefore asked for again with the same key, each minute and after
    twelve tries each hour. After 23 hours it is looked up first: LINE tells for each day how many broadcasts
    arrived. None: it goes out, with a new key. Some: one of them may be it, and a person has to look.
    """

    policy: ClassVar[Policy] = Policy.RESEND

    def __init__(self, options: Options, *, desk: Desk) -> None:
        self._options = options
        self._desk = desk

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Deliver each once.

        Raises PermanentFailure where LINE refuses the account, TemporaryFailure where it is away.
        """
        with self._api() as api:
            desk, publish, look = self._desk, partial(self._publish, api), partial(self._look, api)
            publish_each(feed, ledger, publish, clock=desk.clock, name=desk.name, look=look)

    def standing(self, now: datetime) -> Iterator[Line]:
        """Tell whether the token is known, and how many messages are left this month."""
        what, why = f"channel {self._desk.name}", "no post goes out then"
        with self._api() as api:
            reply = self._ask(api, "GET", "/v2/bot/info")
            if not reply.is_success:
                yield fault("line.token", what, _said(reply), why=why, mend=_MEND)
                return
            account = _data(reply)
            yield good("line.account", what, f"{account.get('displayName')} {account.get('basicId')}")
            quota = self._quota(api)
        if not quota.left:
            yield fault("line.quota", what, str(quota), why=why, mend="wait for the next month, or buy more")
        elif quota.most and quota.left < quota.most * _LITTLE:
            why = "a broadcast uses one for each friend, and is refused where they do not suffice"
            yield warning("line.quota", what, str(quota), why=why, mend="buy more, or post less")
        else:
            yield good("line.quota", what, str(quota))

    def rehearse(self, message: Message) -> Iterator[Call]:
        """Yield the requests that would publish *message*; LINE judges its messages first."""
        body = json.dumps(self._body(message), ensure_ascii=False, indent=2)
        for path in ("/v2/bot/message/validate/broadcast", "/v2/bot/message/broadcast"):
            yield Call(method="POST", url=self._options.base + path, body=body)

    def _api(self) -> Api:
        desk = self._desk
        return Api(self._options.base, who="LINE", contact=desk.site_url, clock=desk.clock)

    def _look(self, api: Api) -> None:
        if not self._options.token:
            raise PermanentFailure(f"channel {self._desk.name} has no token")
        reply = self._ask(api, "GET", "/v2/bot/info")
        if not reply.is_success:
            raise self._closed(reply)

    def _publish(self, api: Api, attempt: Attempt) -> Receipt:
        if asked := attempt.facts.get("asked"):
            # What a person answers is another state of the post, so nobody has answered yet.
            raise OutcomeUnknown(asked)
        try:
            return self._publish_or_find(api, attempt)
        except OutcomeUnknown as doubt:
            if attempt.facts.get("asked") or attempt.delivery.attempts < MOST_ATTEMPTS or _is_over(attempt):
                raise
            # The ledger owes it again no more by itself, and it can still be found out.
            raise TemporaryFailure(f"{doubt}; it is asked for again") from doubt

    def _publish_or_find(self, api: Api, attempt: Attempt) -> Receipt:
        if attempt.facts.get("first"):
            with _doubting(attempt):
                if self._age(attempt) < _KEY_LIVES:
                    return self._broadcast(api, attempt)
                self._look_up(api, attempt)
            attempt.note(first=None, days=[], round=attempt.facts.get("round", 0) + 1)
        quota = self._judge(api, attempt.message)
        attempt.note(first=self._desk.clock().isoformat(), key=self._key(attempt), used=quota.used, days=[])
        try:
            return self._broadcast(api, attempt)
        except TemporaryFailure as failure:
            # Nothing has happened, and no earlier try is in doubt either.
            attempt.note(first=None)
            raise TemporaryFailure(f"{failure}; {quota}", wait=failure.wait) from failure

    def _judge(self, api: Api, message: Message) -> _Quota:
        """Let LINE look at *message* before anything is sent; gives what is left to send it with."""
        messages = self._body(message)["messages"]
        if len(messages) > _MOST_MESSAGES:
            text = f"it is {len(messages)} messages, and LINE takes {_MOST_MESSAGES} at once"
            raise PermanentFailure(text)
        quota = self._quota(api)
        if not quota.left:
            raise PermanentFailure(f"LINE takes no more this month: {quota}")
        reply = self._ask(api, "POST", "/v2/bot/message/validate/broadcast", json=self._body(message))
        if not reply.is_success:
            raise self._refusal(reply)
        if card := self._card(message):
            self._show(card)
        return quota

    def _show(self, card: Card) -> None:
        """See that *card* can be had at its public address, from where friends get it for ever after."""
        self._desk.draw(card)
        address = self._address(card)
        try:
            reach(address, wait=self._desk.wait)
        except OutsideError as error:
            raise TemporaryFailure(f"{error}, and `vesicle serve` must give out {address}") from error

    def _broadcast(self, api: Api, attempt: Attempt) -> Receipt:
        """Ask for the broadcast with the key that was noted."""
        days = {*attempt.facts.get("days", ()), *_days(self._desk.clock())}
        if days != {*attempt.facts.get("days", ())}:
            attempt.note(days=sorted(days))
        attempt.begin()
        reply = self._ask(
            api,
            "POST",
            "/v2/bot/message/broadcast",
            is_final=True,
            headers={"X-Line-Retry-Key": attempt.facts["key"]},
            json=self._body(attempt.message),
        )
        if reply.is_success:
            return _receipt(reply, "x-line-request-id")
        if reply.status == 409:
            return _receipt(reply, "x-line-accepted-request-id")
        raise self._refusal(reply)

    def _look_up(self, api: Api, attempt: Attempt) -> None:
        """Return where it is certain that no try has got through; raises OutcomeUnknown where one may have.

        TemporaryFailure as long as LINE has not counted the days of the tries.
        """
        counts = {day: self._arrived(api, day) for day in attempt.facts["days"]}
        found = {day: number for day, number in counts.items() if number != "0"}
        if not found:
            return
        if set(found.values()) == {"unready"}:
            waiting = ", ".join(found)
            raise TemporaryFailure(f"LINE has not counted the broadcasts of {waiting} yet")
        told = "; ".join(f"{day}: {number}" for day, number in found.items())
        used, now, name = attempt.facts["used"], self._quota(api).used, attempt.delivery.frozen
        asked = (
            f"LINE did not answer, and counts broadcasts of those days ({told}, UTC+9; messages used in the "
            f"month: {used:,} before, {now:,} now): look in the account's chat. If the post is there, "
            f"`vesicle post --confirm {name}`; if not, `vesicle deliveries {name} --resume-unknown skip`, "
            "and post it again"
        )
        attempt.note(asked=asked)
        raise OutcomeUnknown(asked)

    def _arrived(self, api: Api, day: str) -> str:
        """Give how many broadcasts of this interface arrived on *day*, or why LINE does not say."""
        reply = self._ask(api, "GET", "/v2/bot/message/delivery/broadcast", params={"date": day})
        if not reply.is_success:
            raise self._refusal(reply)
        data = _data(reply)
        return str(data.get("success", "?")) if data.get("status") == "ready" else str(data.get("status"))

    def _quota(self, api: Api) -> _Quota:
        limit = self._ask(api, "GET", "/v2/bot/message/quota")
        usage = self._ask(api, "GET", "/v2/bot/message/quota/consumption")
        for reply in (limit, usage):
            if not reply.is_success:
                raise self._refusal(reply)
        most = _data(limit).get("value") if _data(limit).get("type") == "limited" else None
        return _Quota(used=_data(usage).get("totalUsage", 0), most=most)

    def _ask(self, api: Api, method: str, path: str, **content: Any) -> Reply:  # noqa: ANN401 - as `Api.call`
        headers = {"Authorization": f"Bearer {self._options.token}", **content.pop("headers", {})}
        return api.call(method, path, headers=headers, **content)

    def _refusal(self, reply: Reply) -> Closed | PermanentFailure:
        """Give what a refusal means: of the account, that nothing more goes out, and the post waits."""
        return Closed(self._closed(reply)) if reply.status in (401, 403) else PermanentFailure(_said(reply))

    def _closed(self, reply: Reply) -> PermanentFailure:
        return PermanentFailure(f"channel {self._desk.name} cannot work: {_said(reply)}; {_MEND}")

    def _body(self, message: Message) -> dict[str, Any]:
        card = self._card(message)
        # LINE has no alternative text for an image message.
        picture = {"originalContentUrl": self._address(card), "previewImageUrl": self._address(card)}
        pictures: Sequence[Mapping[str, str]] = [{"type": "image", **picture}] if card else []
        return {"messages": [*pictures, *({"type": "text", "text": text} for text in message.texts)]}

    def _card(self, message: Message) -> Card | None:
        cards = (picture.card for picture in message.pictures if picture.card)
        return next(cards, None) if self._options.with_card else None

    def _address(self, card: Card | None) -> str:
        return f"{self._desk.site_url}/cards/{card.name}" if card else ""

    def _key(self, attempt: Attempt) -> str:
        """Give the key of a post: the same whenever it is made anew, and never that of another site."""
        named = f"line retry key {attempt.facts.get('round', 0)} of {attempt.delivery.key}"
        made = hmac.digest(self._desk.key, named.encode(), "sha256")
        return str(uuid.UUID(bytes=made[:16], version=4))

    def _age(self, attempt: Attempt) -> timedelta:
        # A clock that was put back makes no key younger.
        return abs(self._desk.clock() - datetime.fromisoformat(attempt.facts["first"]))


_MEND = "issue a channel access token in the LINE Developers Console, and give that"


@contextmanager
def _doubting(attempt: Attempt) -> Iterator[None]:
    """Let nothing that goes wrong inside say that a post did not go out which may have done so before."""
    try:
        yield
    except (TemporaryFailure, Closed) as failure:
        if not _is_over(attempt):
            raise
        raise OutcomeUnknown(f"{failure}; whether it got through before is not known") from failure
    except PermanentFailure as failure:
        raise OutcomeUnknown(f"{failure}; whether it got through before is not known") from failure


def _is_over(attempt: Attempt) -> bool:
    """Tell whether its time is over, after which what is put off counts as failed."""
    give_up = attempt.delivery.give_up
    return give_up is not None and give_up <= attempt.clock()


def _days(moment: datetime) -> set[str]:
    """Give the days of Japan at *moment*, and shortly before and after it, as `20261126`."""
    return {f"{moment.astimezone(_JAPAN) + near:%Y%m%d}" for near in (-_NEAR, timedelta(), _NEAR)}


def _receipt(reply: Reply, header: str) -> Receipt:
    return Receipt(remote=reply.headers.get(header, ""), raw=f"{reply.status} {json.dumps(reply.data)}")


def _data(reply: Reply) -> Mapping[str, Any]:
    return reply.data if isinstance(reply.data, Mapping) else {}


def _said(reply: Reply) -> str:
    data = _data(reply)
    details = data.get("details")
    found = [one for one in details if isinstance(one, Mapping)] if isinstance(details, list) else []
    told = "; ".join(f"{one.get('property', '')} {one.get('message', '')}".strip() for one in found)
    return f"LINE refused it: {data.get('message') or reply.status}{f' ({told})' if told else ''}"
