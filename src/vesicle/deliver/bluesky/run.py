"""One run of the channel: the account signed in, and post after post."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from vesicle.deliver.bluesky.answers import NO_BLOB, error
from vesicle.deliver.bluesky.picture import fitted
from vesicle.deliver.bluesky.record import (
    COLLECTION,
    Json,
    Part,
    complete,
    embedded,
    planned,
    refuse,
    shown,
)
from vesicle.deliver.bluesky.session import LockedOut, Session
from vesicle.model.delivery import Receipt
from vesicle.model.errors import (
    OutcomeUnknown,
    PermanentFailure,
    TemporaryFailure,
)
from vesicle.model.message import Card, Message
from vesicle.ports import Desk
from vesicle.posting.api import Api, Reply
from vesicle.posting.attempt import Attempt, Closed
from vesicle.text.atproto import is_at_uri

UPLOAD = "/xrpc/com.atproto.repo.uploadBlob"
PUT = "/xrpc/com.atproto.repo.putRecord"
GET = "/xrpc/com.atproto.repo.getRecord"


class Run:
    """Posts as the account of *session*.

    What is put under a key of our own can be put again: the same record stays the one that is there. So
    the keys and records of all parts are noted before the first is put, and a part of which no answer came
    is put once more, as it was.
    """

    def __init__(self, session: Session, *, desk: Desk, api: Api) -> None:
        self._session = session
        self._desk = desk
        self._api = api
        self._free: datetime | None = None
        self._address = ""

    def look(self) -> None:
        """See whether the account can be used; raises LockedOut, or TemporaryFailure, where it cannot."""
        self._address = self._session.tokens().address

    def publish(self, attempt: Attempt) -> Receipt:
        """Publish one, as `publish_each` wants it."""
        try:
            self._prepare(attempt)
            attempt.begin()
            parts = self._put_all(attempt)
        except LockedOut as failure:
            # It is no fault of the post.
            raise Closed(failure) from failure
        told = json.dumps([part.ref for part in parts], separators=(",", ":"))
        return Receipt(remote=parts[0].uri, url=self._url(parts[0]), raw=told)

    def _prepare(self, attempt: Attempt) -> None:
        """Note what will be put, and for which account, unless it was noted before."""
        account = attempt.facts.get("repo")
        if account is None:
            refuse(attempt.message, self._desk.limits)
            blobs = self._uploaded(attempt)
            parts = planned(
                attempt.message, blobs=blobs, moment=self._moment(attempt.message), key=attempt.delivery.key
            )
            attempt.note(repo=self._session.tokens().did, parts=[asdict(part) for part in parts])
        elif account != (ours := self._session.tokens().did):
            text = (
                f"it was begun for the account {account}, and the channel has {ours} now: see there, by hand"
            )
            raise PermanentFailure(text)

    def _moment(self, message: Message) -> datetime:
        """Give now, or the next time that none of this run's keys has."""
        now = self._desk.clock()
        moment = max(now, self._free or now)
        self._free = moment + timedelta(milliseconds=len(message.texts))
        return moment

    def _uploaded(self, attempt: Attempt) -> list[Json]:
        return [self._blob(card) for card, _ in shown(attempt.message)]

    def _blob(self, card: Card) -> Json:
        content, kind = fitted(self._desk.draw(card), card, most=self._desk.limits.most_bytes)
        reply = self._session.call(UPLOAD, kind=kind, content=content)
        if not reply.is_success:
            raise PermanentFailure(f"{self._session.who} refused the picture: {self._session.said(reply)}")
        blob = reply.data.get("blob") if isinstance(reply.data, Mapping) else None
        if not isinstance(blob, dict) or blob.get("$type") != "blob":
            raise TemporaryFailure(f"{self._session.who} answered a picture with something that is none")
        return blob

    def _put_all(self, attempt: Attempt) -> list[Part]:
        """Put each part that is not out, after what it replies to, and note where it is."""
        parts = [Part(**one) for one in attempt.facts["parts"]]
        for number, part in enumerate(parts):
            if not part.is_out:
                parts[number] = self._put(attempt, parts, number)
                attempt.note(parts=[asdict(one) for one in parts])
        return parts

    def _put(self, attempt: Attempt, parts: list[Part], number: int) -> Part:
        reply = self._asked(attempt, parts, number)
        is_again = bool(attempt.delivery.noted)
        if error(reply) == NO_BLOB and is_again:
            # Then no earlier attempt came to anything, since a post keeps its pictures there.
            parts[number] = self._with_new_pictures(attempt, parts[number])
            attempt.note(parts=[asdict(one) for one in parts])
            reply = self._asked(attempt, parts, number)
        if not reply.is_success:
            reply = self._looked_up(attempt, parts, number, refusal=reply) if is_again else reply
        if not reply.is_success:
            raise PermanentFailure(self._refusal(parts, number, reply))
        return self._placed(parts[number], reply)

    def _asked(self, attempt: Attempt, parts: Sequence[Part], number: int) -> Reply:
        body = {"repo": attempt.facts["repo"], "collection": COLLECTION, "rkey": parts[number].rkey}
        return self._session.call(PUT, is_final=True, json=body | {"record": complete(parts, number)})

    def _with_new_pictures(self, attempt: Attempt, part: Part) -> Part:
        embed = embedded(self._uploaded(attempt), attempt.message)
        return replace(part, record=part.record | ({"embed": embed} if embed else {}))

    def _looked_up(self, attempt: Attempt, parts: Sequence[Part], number: int, *, refusal: Reply) -> Reply:
        """Look whether an earlier attempt has put what is refused now; else give the refusal."""
        where = {"repo": attempt.facts["repo"], "collection": COLLECTION, "rkey": parts[number].rkey}
        found = self._api.call("GET", GET, params=where)
        return found if found.is_success else refusal

    def _placed(self, part: Part, reply: Reply) -> Part:
        data = reply.data if isinstance(reply.data, Mapping) else {}
        uri, cid = str(data.get("uri") or ""), str(data.get("cid") or "")
        if not (cid and is_at_uri(uri) and uri.endswith(f"/{COLLECTION}/{part.rkey}")):
            raise OutcomeUnknown(f"{self._session.who} answered a post with something that does not name it")
        return replace(part, uri=uri, cid=cid)

    def _refusal(self, parts: Sequence[Part], number: int, reply: Reply) -> str:
        name = f"part {number + 1} of {len(parts)}" if len(parts) > 1 else "the post"
        text = f"{self._session.who} refused {name}: {self._session.said(reply)}"
        return f"{text}; what comes before it is out: {self._url(parts[0])}" if number else text

    def _url(self, part: Part) -> str:
        return f"https://bsky.app/profile/{self._address}/post/{part.rkey}"
