"""Publishes posts on a Mastodon server."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from hashlib import sha256
from html import unescape
from typing import Any, ClassVar, Literal, get_args
from unicodedata import normalize
from urllib.parse import quote

from vesicle.model.call import Call
from vesicle.model.checkup import Line, fault, good, unseen, warning
from vesicle.model.delivery import Delivery, Policy, Receipt
from vesicle.model.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure, UserError
from vesicle.model.limits import Length, Unit
from vesicle.model.message import Card, Message
from vesicle.model.problem import Place, Problem
from vesicle.model.reactions import Reactions
from vesicle.ports import Desk, Ledger
from vesicle.posting.api import Api, Reply
from vesicle.posting.attempt import Attempt, Closed, publish_each
from vesicle.text.fitting import over

# A server keeps an Idempotency-Key for an hour (docs.joinmastodon.org/methods/statuses, read 2026-11), and
# a picture that no status has for a day.
_KEY_LIVES = timedelta(minutes=50)
_MEDIA_LIVES = timedelta(hours=20)
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)
# Our clock may be off by a time zone. An explainer that is posted again comes weeks later.
_SKEW = timedelta(days=1)
_MOST_PAGES = 25
_PER_URL = 23
_URL = re.compile(r"https?://\S+")
# Plain http to this machine alone.
_SERVER = re.compile(r"(https://[\w-]+(\.[\w-]+)*|http://(localhost|127\.0\.0\.1))(:[1-6]?[0-9]{1,4})?/?")
# A link to elsewhere, not one from a hashtag or to a person.
_LINK = re.compile(r'<a\b(?![^>]*\b(?:hashtag|mention)\b)[^>]*\bhref="([^"]*)".*?</a>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_SCOPES = "read:accounts, read:statuses, write:statuses and write:media"

Visibility = Literal["public", "unlisted", "private"]


class _Refused(PermanentFailure):
    """The server does not take the token, or there is none: no post can go out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The server, the access token of the account there, and who sees its posts.

    *server* is its https address alone. A channel without *server* or *token* can be opened, and tells so
    when it is used. Raises UserError, with every mistake, for options that cannot work.
    """

    server: str = ""
    token: str = field(default="", repr=False, metadata={"secret": True})
    visibility: Visibility = "public"

    def __post_init__(self) -> None:
        address, seen_by, known = self.server, self.visibility, ", ".join(get_args(Visibility))
        rules = (
            (not address or _SERVER.fullmatch(address), f"server '{address}' is not an https address alone"),
            (re.fullmatch(r"[!-~]*", self.token), "token has a space, or a letter outside ASCII"),
            (seen_by in get_args(Visibility), f"visibility '{seen_by}' is not one of {known}"),
        )
        mend = "write it so: server: https://mastodon.social, token: env:MASTODON_TOKEN, visibility: public"
        problem = partial(Problem, code="mastodon.options", where=Place(file="config.yaml"), mend=mend)
        wrong = [problem(text=f"mastodon: {text}") for is_right, text in rules if not is_right]
        if wrong:
            raise UserError(wrong)


class Channel:
    """Publishes each post, with its card, as a status or as a thread of them; each part once.

    The moment at which a part is tried first is noted before it goes out. What is tried again within
    `_KEY_LIVES` carries the same Idempotency-Key, to which the server answers with the status that is there
    already; later the account's own statuses are read first, and what is found there is the post. Parts
    that are out are noted one by one, and a thread goes on at the first that is missing.

    Three things come of a token: nothing, where the server is away or fails, and the post is put off; that
    it has expired; that it was revoked or lacks a scope. The latter two (401, 403) end the run, since a
    person has to make a new one. A token does not expire on most servers.
    """

    policy: ClassVar[Policy] = Policy.RESEND

    def __init__(self, options: Options, *, desk: Desk) -> None:
        self._options = options
        self._desk = desk

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Deliver each once.

        Raises TemporaryFailure when the server is away at first, PermanentFailure when it refuses the token
        or there is none; what is in hand is given back or put off, and the rest of *feed* is untouched.
        """
        desk = self._desk
        with closing(_Account(self._options, desk)) as account:

            def publish(attempt: Attempt) -> Receipt:
                try:
                    return _Post(attempt, account).publish()
                except _Refused as refusal:  # it is no fault of the post
                    raise Closed(refusal) from refusal

            publish_each(feed, ledger, publish, clock=desk.clock, name=desk.name, look=account.read)

    def standing(self, now: datetime) -> Iterator[Line]:
        """Yield whether the token works and for whom, and whether posts are as short as the server wants.

        Raises OutsideError where the server does not answer.
        """
        what, why = f"channel {self._desk.name}", "none of its posts goes out"
        with closing(_Account(self._options, self._desk)) as account:
            try:
                account.read()
                account.statuses({"limit": "1"})
            except _Refused as refusal:
                mend = f"write its server, and a token that has {_SCOPES} (settings, Development)"
                yield fault("mastodon.token", what, str(refusal), why=why, mend=mend)
                return
            yield good("mastodon.token", what, f"its token works, for {account.name}")
            yield self._length(account.rules.get("max_characters"))

    def rehearse(self, message: Message) -> Iterator[Call]:
        """Yield the requests that would publish *message*; what the server says first is in `<>`."""
        server, cards = self._options.server.rstrip("/"), list(_cards(message))
        for card, alt in cards:
            shown = f"file: {card.name}\ndescription: {alt}"
            yield Call(method="POST", url=f"{server}/api/v2/media", body=shown)
        media, options = [f"<id of {card.name}>" for card, _ in cards], self._options
        for number in range(len(message.texts)):
            above = f"<id of part {number}>" if number else ""
            body = _body(message, number, above=above, media=media, options=options)
            shown = json.dumps(body, ensure_ascii=False, indent=2)
            yield Call(method="POST", url=f"{server}/api/v1/statuses", body=shown)

    def reactions(self, receipt: Receipt) -> Reactions | None:
        """Ask how the post with *receipt* was taken, a thread by its first part; None where it is gone.

        Raises OutsideError where the server does not answer.
        """
        with closing(_Account(self._options, self._desk)) as account:
            reply = account.call("GET", f"/api/v1/statuses/{quote(receipt.remote, safe='')}")
            if reply.status in (404, 410):
                return None
            found = account.done(reply, "to show the post")
        likes, replies, shares = (found.get(f"{one}_count") for one in ("favourites", "replies", "reblogs"))
        return Reactions(likes=likes, replies=replies, shares=shares)

    def _length(self, most: int | None) -> Line:
        name, ours = self._desk.name, self._desk.limits.lengths[0].most
        code, what = "mastodon.length", f"channel {name}"
        if most is None:
            return unseen(code, what, "the server does not say how long a post may be")
        text = f"the server takes {most:,} characters a post, and posts are composed for {ours:,}"
        if most < ours:
            mend = f"write `longest: {most}` below `channels: {name}` in config.yaml"
            return warning(code, what, text, why="the server refuses longer ones", mend=mend)
        more = f"; `longest: {most}` would let them be as long" if most > ours else ""
        return good(code, what, text + more)


class _Account:
    """An account on its server, spoken to with its token. *name* is empty before `read`."""

    def __init__(self, options: Options, desk: Desk) -> None:
        self.options = options
        self.desk = desk
        self.server = options.server.rstrip("/")
        self.name = ""
        self.rules: dict[str, int] = {}
        self._id = ""

    @cached_property
    def _api(self) -> Api:
        if lacking := " and ".join(one for one in ("server", "token") if not getattr(self.options, one)):
            raise _Refused(f"channel {self.desk.name} has no {lacking}")
        return Api(self.server, who=self.server, contact=self.desk.site_url, clock=self.desk.clock)

    def close(self) -> None:
        if "_api" in vars(self):
            self._api.close()

    def read(self) -> None:
        reply = self.call("GET", "/api/v1/accounts/verify_credentials")
        self._id = _text(reply.data, "id")
        if not reply.is_success or not self._id:
            raise _Refused(f"{self.server} does not say whose token it is{self._words(reply)}")
        told = self.call("GET", "/api/v2/instance").data
        groups = told.get("configuration") if isinstance(told, Mapping) else None
        for group in groups.values() if isinstance(groups, Mapping) else ():
            numbers = group.items() if isinstance(group, Mapping) else ()
            self.rules |= {name: most for name, most in numbers if isinstance(most, int)}
        self.name = f"@{_text(reply.data, 'acct') or self._id} on {self.server}"

    def length(self, text: str) -> Iterator[Length]:
        """Yield how long the server lets *text* be, if it says so."""
        dearer = max(self.rules.get("characters_reserved_per_url", _PER_URL) - _PER_URL, 0)
        if most := self.rules.get("max_characters"):
            yield Length(most=most - dearer * len(_URL.findall(text)), unit=Unit.MASTODON)

    def call(self, method: str, path: str, *, key: str = "", **content: Any) -> Reply:  # noqa: ANN401 - as Api
        """Ask once, as `Api.call` does: for good with an Idempotency-Key. Raises _Refused for its token."""
        known = {"Authorization": f"Bearer {self.options.token}"} | ({"Idempotency-Key": key} if key else {})
        reply = self._api.call(method, path, is_final=bool(key), headers=known, **content)
        if reply.status in (401, 403):
            how = "has expired" if "expired" in _text(reply.data, "error") else "is refused"
            raise _Refused(f"the token for {self.server} {how}{self._words(reply)}")
        return reply

    def done(self, reply: Reply, what: str) -> Mapping[str, Any]:
        """Give what the server answered; raises PermanentFailure where it refused *what*."""
        if not reply.is_success:
            raise PermanentFailure(f"{self.server} refused {what}{self._words(reply)}")
        return reply.data if isinstance(reply.data, Mapping) else {}

    def statuses(self, query: Mapping[str, str]) -> list[Any]:
        """Give some of the account's own statuses, the last ones first."""
        reply = self.call("GET", f"/api/v1/accounts/{self._id}/statuses", params=query)
        if not reply.is_success or not isinstance(reply.data, list):
            raise TemporaryFailure(f"{self.server} does not show what is posted already{self._words(reply)}")
        return reply.data

    def find(self, text: str, *, above: str, since: datetime) -> Mapping[str, Any] | None:
        """Look for a status of *text* below the one with the id *above*, no older than *since*."""
        query, oldest = {"limit": "40", "exclude_reblogs": "true"}, f"{since - _SKEW:%Y-%m-%dT%H:%M:%S}"
        for _ in range(_MOST_PAGES):
            page = self.statuses(query)
            for one in page:
                if "" < _text(one, "created_at")[:19] < oldest:
                    return None
                if _text(one, "in_reply_to_id") == above and _is_text(_text(one, "content"), text):
                    found: Mapping[str, Any] = one
                    return found
            if not page:
                return None
            query["max_id"] = _text(page[-1], "id")
        raise TemporaryFailure(f"{self.server} has too many posts to tell whether this is one of them")

    def _words(self, reply: Reply) -> str:
        words = _text(reply.data, "error").replace(self.options.token, "…")[:300]
        return f" ({reply.status}): {words}" if words else f" ({reply.status})"


@dataclass(frozen=True, slots=True)
class _Post:
    """One post in hand. Noted of it: `account`, `ids`, `url`, `tried` (the next part), `media`."""

    attempt: Attempt
    account: _Account

    def publish(self) -> Receipt:
        facts, texts = self.attempt.facts, self.attempt.message.texts
        begun_by, now_by = facts.get("account"), self.account.name
        if begun_by is None and (wrong := "; ".join(dict.fromkeys(self._too_much()))):
            raise PermanentFailure(wrong)
        if begun_by not in (None, now_by):
            raise PermanentFailure(f"it was begun by {begun_by}, and the token is that of {now_by}")
        while len(ids := facts.get("ids", [])) < len(texts):
            self._publish_part(ids)
        return Receipt(remote=ids[0], url=facts["url"], raw=json.dumps(ids))

    def _too_much(self) -> Iterator[str]:
        """Say by how much it is more than our own settings allow, or the server does."""
        limits, account, post = self.account.desk.limits, self.account, self.attempt.message
        most_alt = (limits.most_alt, account.rules.get("description_limit"))
        of_alt = [Length(most=most, unit=Unit.CHARACTERS) for most in most_alt if most is not None]
        ours, texts = limits.lengths, enumerate(post.texts)
        told = [(self._which(number), text, [*ours, *account.length(text)]) for number, text in texts]
        told += [("the alt text", alt, of_alt) for _, alt in _cards(post)]
        for which, text, lengths in told:
            for length, found in over(text, lengths):
                yield f"{which} is too long by {found - length.most}: {found} of {length.most} {length.unit}"

    def _which(self, number: int) -> str:
        count = len(self.attempt.message.texts)
        return f"part {number + 1} of {count}" if count > 1 else "the text"

    def _publish_part(self, ids: list[str]) -> None:
        """Publish the part that follows those with *ids*."""
        facts, number, above, found = self.attempt.facts, len(ids), ids[-1] if ids else "", None
        tried = datetime.fromisoformat(facts["tried"]) if facts.get("tried") else None
        is_repeated = tried is not None and timedelta() <= self.attempt.clock() - tried < _KEY_LIVES
        if tried and not is_repeated:
            text, since = self.attempt.message.texts[number], min(tried, self.attempt.clock())
            found = self.account.find(text, above=above, since=since)
        status = found or self._send(number, above=above, is_repeated=is_repeated)
        url = facts.get("url") or _text(status, "url")
        self.attempt.note(ids=[*ids, _text(status, "id")], url=url, tried=None)

    def _send(self, number: int, *, above: str, is_repeated: bool) -> Mapping[str, Any]:
        account, attempt, text = self.account, self.attempt, self.attempt.message.texts[number]
        media = [] if number else [self._uploaded(*one, is_repeated) for one in _cards(self.attempt.message)]
        body = _body(self.attempt.message, number, above=above, media=media, options=account.options)
        if not is_repeated:
            attempt.note(account=account.name, tried=attempt.clock().isoformat())
        attempt.begin()
        said = json.dumps([attempt.delivery.key, number, sha256(text.encode()).hexdigest()])
        key = sha256(said.encode()).hexdigest()
        reply = account.call("POST", "/api/v1/statuses", key=key, json=body)
        status = account.done(reply, self._which(number))
        if not _text(status, "id"):
            raise OutcomeUnknown(f"{account.server} answered, and not with a post")
        return status

    def _uploaded(self, card: Card, alt: str, is_repeated: bool) -> str:
        """Give the id of a picture on the server, uploaded now if it was not before."""
        kept: dict[str, list[str]] = self.attempt.facts.get("media", {})
        known, at = kept.get(card.name, ("", ""))
        # One that a status has already, as it may when that is repeated, cannot be asked for.
        is_young = known and self.attempt.clock() - datetime.fromisoformat(at) < _MEDIA_LIVES
        if known and (is_repeated or (is_young and self._is_ready(known))):
            return known
        files = {"file": (card.name, self._drawn(card), f"image/{card.frame.format}")}
        self.attempt.note()  # the lease goes on, however long the drawing took
        data = {"description": alt} if alt else {}
        reply = self.account.call("POST", "/api/v2/media", files=files, data=data)
        made = _text(self.account.done(reply, "the picture"), "id")
        self.attempt.note(media=kept | {card.name: [made, self.attempt.clock().isoformat()]})
        if not made or (reply.status == 202 and not self._is_ready(made)):
            raise TemporaryFailure(f"{self.account.server} has lost the picture")
        return made

    def _drawn(self, card: Card) -> bytes:
        data = self.account.desk.draw(card)
        for most in (self.account.desk.limits.most_bytes, self.account.rules.get("image_size_limit")):
            if most is not None and len(data) > most:
                raise PermanentFailure(f"the card has {len(data):,} bytes, and may have {most:,}")
        return data

    def _is_ready(self, media: str) -> bool:
        """Wait until the server has processed a picture; False where it has it no more."""
        for pause in _PAUSES:
            reply = self.account.call("GET", f"/api/v1/media/{quote(media, safe='')}")
            if reply.status == 404:
                return False
            self.account.done(reply, "the picture")
            if reply.status != 206:
                return True
            if self.account.desk.stopping():
                break
            self.account.desk.wait(pause)
            self.attempt.note()  # the lease goes on
        raise TemporaryFailure(f"{self.account.server} has not processed the picture yet")


def _cards(message: Message) -> Iterator[tuple[Card, str]]:
    """Yield each picture that can be drawn, with its alt text."""
    return ((one.card, one.alt or "") for one in message.pictures if one.card)


def _body(message: Message, number: int, *, above: str, media: list[str], options: Options) -> dict[str, Any]:
    body = {"status": message.texts[number], "language": message.lang, "visibility": options.visibility}
    first = {"media_ids": media} if media and not number else {}
    return body | first | ({"in_reply_to_id": above} if above else {})


def _text(data: Any, name: str) -> str:  # noqa: ANN401 - as JSON
    found = data.get(name) if isinstance(data, Mapping) else None
    return str(found) if isinstance(found, str | int) else ""


def _is_text(html: str, text: str) -> bool:
    """Tell whether a status of *text* is shown as *html*; some servers show its links shortened."""
    return _bare(text) in (_bare(unescape(_TAG.sub("", one))) for one in (html, _LINK.sub(r"\1", html)))


def _bare(text: str) -> str:
    """Give *text* without what a server may write otherwise: space, marks, the server of who is mentioned."""
    named = re.sub(r"(@\w+)@[\w.-]*\w", r"\1", normalize("NFC", text))
    return re.sub(r"[\s*_~`]+", "", named)
