"""The channel itself: what is done with posts, and what else can be asked of the account."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, ClassVar

from vesicle.deliver.bluesky.options import Options
from vesicle.deliver.bluesky.picture import fitted
from vesicle.deliver.bluesky.record import (
    COLLECTION,
    Json,
    Part,
    complete,
    embedded,
    records,
    refuse,
    shown,
)
from vesicle.deliver.bluesky.run import PUT, UPLOAD, Run
from vesicle.deliver.bluesky.session import Session
from vesicle.deliver.bluesky.standing import standing
from vesicle.model.call import Call
from vesicle.model.checkup import Line
from vesicle.model.delivery import Delivery, Policy, Receipt
from vesicle.model.errors import PermanentFailure
from vesicle.model.message import Message
from vesicle.model.reactions import Reactions
from vesicle.ports import Desk, Ledger
from vesicle.posting.api import Api
from vesicle.posting.attempt import publish_each

_POSTS = "/xrpc/app.bsky.feed.getPosts"


class Channel:
    """Publishes each post once, a longer one as a thread, on the account's own server.

    The point of no return is the first `putRecord`. What is not known to be there is put again under the
    same key, so that there is one, whatever became of the answer (`Policy.RESEND`).
    """

    policy: ClassVar[Policy] = Policy.RESEND

    def __init__(self, options: Options, *, desk: Desk) -> None:
        self._options = options
        self._desk = desk

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Deliver each once.

        Raises PermanentFailure where the account cannot be used, TemporaryFailure where the server is away:
        what is in hand is given back or put off, and the rest of *feed* untouched.
        """
        first = next(feed, None)
        if first is None:
            return
        desk = self._desk
        with self._api(self._options.server) as api:
            run = Run(Session(self._options, desk=desk, api=api), desk=desk, api=api)
            feed = chain([first], feed)
            publish_each(feed, ledger, run.publish, clock=desk.clock, name=desk.name, look=run.look)

    def standing(self, now: datetime) -> Iterator[Line]:
        """Log in, and yield how the account stands."""
        with self._api(self._options.server) as api:
            session = Session(self._options, desk=self._desk, api=api)
            yield from standing(self._options, session=session, api=api, name=self._desk.name)

    def rehearse(self, message: Message) -> Iterator[Call]:
        """Yield the requests that would publish *message*; raises PermanentFailure like publishing it."""
        refuse(message, self._desk.limits)
        server = self._options.server.rstrip("/")
        blobs = []
        for number, (card, alt) in enumerate(shown(message), start=1):
            content, kind = fitted(self._desk.draw(card), card, most=self._desk.limits.most_bytes)
            blobs.append(_blob(number, kind=kind, size=len(content)))
            yield Call(method="POST", url=server + UPLOAD, body=f"{kind}, {len(content):,} bytes: {alt}")
        parts = list(_stand_ins(message, embedded(blobs, message)))
        for number, part in enumerate(parts):
            body = {"repo": "<did>", "collection": COLLECTION, "rkey": part.rkey}
            written = json.dumps(body | {"record": complete(parts, number)}, ensure_ascii=False, indent=2)
            yield Call(method="POST", url=server + PUT, body=written)

    def reactions(self, receipt: Receipt) -> Reactions | None:
        """Ask how the first part of a post was taken; None where it is not there any more.

        Raises OutsideError where the other side does not answer.
        """
        with self._api(self._options.view) as api:
            reply = api.call("GET", _POSTS, params={"uris": receipt.remote})
        posts = reply.data.get("posts") if isinstance(reply.data, Mapping) else None
        if not reply.is_success or not isinstance(posts, list):
            raise PermanentFailure(f"{self._options.view} does not tell of posts (status {reply.status})")
        for post in posts:
            if isinstance(post, Mapping) and post.get("uri") == receipt.remote:
                return _counted(post)
        return None

    def _api(self, base: str) -> Api:
        desk = self._desk
        who = base.partition("://")[2].rstrip("/")
        return Api(base, who=who, contact=desk.site_url, clock=desk.clock)


def _stand_ins(message: Message, embed: Json | None) -> Iterator[Part]:
    """Yield the parts of *message* with words for what only the server knows."""
    made = records(message, embed=embed, created=["<now>"] * len(message.texts))
    for number, one in enumerate(made, start=1):
        rkey = f"<tid of part {number}>" if message.parts else "<tid>"
        yield Part(
            rkey=rkey, record=one, uri=f"at://<did>/{COLLECTION}/{rkey}", cid=f"<cid of part {number}>"
        )


def _blob(number: int, *, kind: str, size: int) -> Json:
    return {"$type": "blob", "ref": {"$link": f"<cid of picture {number}>"}, "mimeType": kind, "size": size}


def _counted(post: Mapping[str, Any]) -> Reactions:
    counts = {name: _count(post.get(f"{name}Count")) for name in ("like", "reply", "repost", "quote")}
    shares = [one for one in (counts["repost"], counts["quote"]) if one is not None]
    return Reactions(likes=counts["like"], replies=counts["reply"], shares=sum(shares) if shares else None)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
