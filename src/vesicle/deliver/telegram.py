"""Publishes posts in a channel of Telegram, by a bot."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from vesicle.model.call import Call
from vesicle.model.checkup import Line, fault, good
from vesicle.model.delivery import Delivery, Receipt
from vesicle.model.errors import (
    OutcomeUnknown,
    PermanentFailure,
    UserError,
)
from vesicle.model.limits import Unit
from vesicle.model.message import Card, Message
from vesicle.model.problem import Place, Problem
from vesicle.net.address import can_be_asked
from vesicle.ports import Desk, Ledger
from vesicle.posting.api import Api, Reply
from vesicle.posting.attempt import Attempt, Closed, publish_each
from vesicle.text.counting import count
from vesicle.text.rich.telegram import html

# Bot API 10.1, sendPhoto: "0-1024 characters after entities parsing", in UTF-16 units (MessageEntity).
_MOST_CAPTION = 1024

# What a bot is told with 400 where it is the chat that does not take it, and no other post would go there.
_OF_THE_CHAT = re.compile(
    r"chat not found|rights|administrator|chat_write_forbidden|chat_id is empty|upgraded to a supergroup",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The bot's token, as @BotFather shows it, and the chat: `@name` of a public one, else its number.

    *base* is the address of another Bot API server than Telegram's own. Raises UserError for what none of
    them can be.
    """

    token: str = field(default="", repr=False, metadata={"secret": True})
    chat: str = ""
    base: str = "https://api.telegram.org"

    def __post_init__(self) -> None:
        rules = (
            (
                re.fullmatch(r"[A-Za-z0-9:_-]*", self.token),
                "the token is not one of a bot",
                "copy it as @BotFather shows it: digits, a colon, letters and digits",
            ),
            (
                re.fullmatch(r"(@\w+|-?[0-9]+)?", self.chat, re.ASCII),
                f"chat '{self.chat}' is no chat",
                "write `@name` of a public channel, or the number of another, as '-1001234567890'",
            ),
            (
                can_be_asked(self.base),
                f"base '{self.base}' cannot be asked",
                "write an address with https://",
            ),
        )
        where = Place(file="config.yaml")
        if problems := [
            Problem(code="telegram.options", text=f"telegram: {text}", where=where, mend=mend)
            for is_kept, text, mend in rules
            if not is_kept
        ]:
            raise UserError(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A message as it is asked for: the *fields* of *method*, and the picture that is uploaded as `photo`."""

    method: str
    fields: Mapping[str, Any]
    card: Card | None = None


class Channel:
    """Publishes each post as one message: its card with the text below it, where Telegram takes that much.

    A text of more than 1,024 UTF-16 units goes out without the card, with a preview of its link: a card and
    a text of its own would be two messages, of which one can fail. Telegram has no place for alternative
    text.

    It has no way either to ask twice for one message, and a bot cannot read what is in a channel. So there
    is one request for each post, and whoever gets no answer to it has to look: no `policy`.
    """

    def __init__(self, options: Options, *, desk: Desk) -> None:
        self._options = options
        self._desk = desk
        self._chat: int | str = int(options.chat) if options.chat.lstrip("-").isdecimal() else options.chat

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Deliver each once.

        Raises PermanentFailure where Telegram refuses the bot or its chat, TemporaryFailure where it is away.
        """
        with self._api() as api:
            desk, publish, look = self._desk, partial(self._publish, api), partial(self._look, api)
            publish_each(feed, ledger, publish, clock=desk.clock, name=desk.name, look=look)

    def standing(self, now: datetime) -> Iterator[Line]:
        """Tell whether the bot is known and finds its chat; the first post shows whether it may."""
        what = f"channel {self._desk.name}"
        why = "no post goes out there then"
        with self._api() as api:
            bot = self._ask(api, "getMe")
            if not bot.is_success:
                yield fault("telegram.token", what, _said(bot), why=why, mend=_mend(bot, self._options.chat))
                return
            chat = self._ask(api, "getChat", {"chat_id": self._chat})
            if not chat.is_success:
                yield fault("telegram.chat", what, _said(chat), why=why, mend=_mend(chat, self._options.chat))
                return
        found, name = _result(chat), _result(bot).get("username", "the bot")
        yield good("telegram.bot", what, f"@{name} finds {found.get('title', self._options.chat)}")

    def rehearse(self, message: Message) -> Iterator[Call]:
        """Yield the request that would publish *message*."""
        request = self._request(message)
        photo = {"photo": request.card.name} if request.card else {}
        body = json.dumps({**request.fields, **photo}, ensure_ascii=False, indent=2)
        yield Call(method="POST", url=f"{self._options.base}/bot<token>/{request.method}", body=body)

    def _api(self) -> Api:
        desk = self._desk
        return Api(self._options.base, who="Telegram", contact=desk.site_url, clock=desk.clock)

    def _look(self, api: Api) -> None:
        if not (self._options.token and self._options.chat):
            raise PermanentFailure(f"channel {self._desk.name} has no token or no chat")
        reply = self._ask(api, "getChat", {"chat_id": self._chat})
        if not reply.is_success:
            raise self._closed(reply)

    def _publish(self, api: Api, attempt: Attempt) -> Receipt:
        request = self._request(attempt.message)
        photo = self._drawn(request.card) if request.card else None
        attempt.begin()
        reply = self._ask(api, request.method, request.fields, photo=photo, is_final=True)
        if reply.is_success:
            return _receipt(_result(reply))
        if _is_of_the_channel(reply):
            # Nothing was published, and the post is not what is wrong: it waits until that is mended.
            raise Closed(self._closed(reply))
        raise PermanentFailure(_said(reply))

    def _request(self, message: Message) -> _Request:
        chat = {"chat_id": self._chat, "parse_mode": "HTML"}
        text = html(message.text, message.links)
        card = next((one.card for one in message.pictures if one.card), None)
        if card and count(message.text, Unit.UTF16) <= _MOST_CAPTION:
            return _Request(method="sendPhoto", fields={**chat, "caption": text}, card=card)
        preview: dict[str, object] = {"is_disabled": True}
        if message.links:
            # The link of a post stands below its words, where these have links of their own.
            preview = {"url": message.links[-1].url, "prefer_large_media": True}
        return _Request(method="sendMessage", fields={**chat, "text": text, "link_preview_options": preview})

    def _drawn(self, card: Card) -> tuple[str, bytes, str]:
        return card.name, self._desk.draw(card), f"image/{card.frame.format}"

    def _ask(
        self,
        api: Api,
        method: str,
        fields: Mapping[str, Any] | None = None,
        *,
        photo: tuple[str, bytes, str] | None = None,
        is_final: bool = False,
    ) -> Reply:
        # The token is a part of the address, which therefore stands in no error.
        path = f"/bot{self._options.token}/{method}"
        if photo:
            return api.call("POST", path, is_final=is_final, data=fields, files={"photo": photo})
        return api.call("POST", path, is_final=is_final, json=dict(fields or {}))

    def _closed(self, reply: Reply) -> PermanentFailure:
        mend = _mend(reply, self._options.chat)
        return PermanentFailure(f"channel {self._desk.name} cannot work: {_said(reply)}; {mend}")


def _result(reply: Reply) -> Mapping[str, Any]:
    """Give what was asked for; an empty object for an answer that does not have it."""
    found = reply.data.get("result") if isinstance(reply.data, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _receipt(sent: Mapping[str, Any]) -> Receipt:
    """Give the number and the address of a message; raises OutcomeUnknown where it is none."""
    number, chat = sent.get("message_id"), sent.get("chat")
    if not isinstance(number, int) or not isinstance(chat, Mapping):
        raise OutcomeUnknown("Telegram said that it was done, and not what")
    # Of a chat without a name the address is that of its number, without the -100 which marks a channel.
    place = chat.get("username") or f"c/{str(chat.get('id', '')).removeprefix('-100')}"
    raw = json.dumps({"message_id": number, "chat": chat, "date": sent.get("date")}, ensure_ascii=False)
    return Receipt(remote=str(number), url=f"https://t.me/{place}/{number}", raw=raw)


def _described(reply: Reply) -> str:
    found = reply.data.get("description") if isinstance(reply.data, Mapping) else None
    return found if isinstance(found, str) else ""


def _said(reply: Reply) -> str:
    return f"Telegram refused it: {_described(reply) or reply.status}"


def _is_of_the_channel(reply: Reply) -> bool:
    """Tell whether it is the bot or its chat that was refused, and not a post."""
    return reply.status in (401, 403, 404) or bool(_OF_THE_CHAT.search(_described(reply)))


def _mend(reply: Reply, chat: str) -> str:
    if reply.status in (401, 404):
        return "give the token that @BotFather shows"
    moved = reply.data.get("parameters") if isinstance(reply.data, Mapping) else None
    if isinstance(moved, Mapping) and isinstance(number := moved.get("migrate_to_chat_id"), int):
        return f"write `chat: '{number}'`"
    return f"make the bot an administrator of {chat} that may post there"
