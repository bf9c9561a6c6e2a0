"""Deliver what is due, each once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from vesicle.model.delivery import Delivery, Frozen, Tally
from vesicle.model.errors import ContentError, OutsideError
from vesicle.model.issue import Issue
from vesicle.model.message import Message
from vesicle.pipeline.prepare import Prepared
from vesicle.ports import Channel, Clock, Ledger, Subscribers

EMAIL = "email"
TAKEN_AT_ONCE = 100
# Longer than the ten minutes that a server may take to answer the final dot (RFC 5321, 4.5.3.2.6).
LEASE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one frozen message, or why it was held."""

    slug: str
    channel: str
    tally: Tally | None = None
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Where deliveries are written down, who gets them, and how they go out."""

    ledger: Ledger
    subscribers: Subscribers
    channels: Mapping[str, Channel]
    clock: Clock


def send_due(
    issues: Iterable[Issue], prepared: Callable[[Issue], Prepared], dispatch: Dispatch
) -> list[Report]:
    """Freeze each due issue that may go out, with its posts, and deliver whatever is owed.

    An issue that was frozen before goes on with what was frozen, whatever its files say now.
    """
    held: list[Report] = []
    slugs: dict[str, str] = {}
    for issue in issues:
        before = dispatch.ledger.frozen(issue.slug)
        if before is None:
            ready = prepared(issue)
            if ready.held:
                held.append(Report(slug=issue.slug, channel=EMAIL, held=ready.held))
                continue
            slugs |= freeze(ready, dispatch)
        elif not dispatch.ledger.tally(issue.slug).is_done:
            slugs[issue.slug] = before.channel
    failures = {name: _deliver(name, channel, dispatch) for name, channel in dispatch.channels.items()}
    sent = (
        Report(slug=slug, channel=name, tally=dispatch.ledger.tally(slug), held=failures.get(name, ""))
        for slug, name in slugs.items()
    )
    return [*held, *sent]


def freeze(prepared: Prepared, dispatch: Dispatch) -> dict[str, str]:
    """Write down the mails owed to the audience and the posts owed to channels; give slug → channel."""
    issue, fallback, seal = prepared.issue, prepared.newsletter.fallback, prepared.hash
    ordered = sorted(prepared.mails, key=lambda mail: mail.lang != fallback)
    mails = Frozen(slug=issue.slug, channel=EMAIL, hash=seal, messages={mail.lang: mail for mail in ordered})
    posts = [_frozen_post(issue, post, hash=seal) for post in prepared.posts]
    dispatch.ledger.freeze(mails, dispatch.subscribers.confirmed(), posts=posts)
    return {frozen.slug: frozen.channel for frozen in (mails, *posts)}


def _frozen_post(issue: Issue, post: Message, *, hash: str) -> Frozen:
    slug = f"{issue.slug}/{post.slug}/{post.channel}"
    return Frozen(slug=slug, channel=post.channel, hash=hash, messages={post.lang: post})


def _deliver(name: str, channel: Channel, dispatch: Dispatch) -> str:
    """Deliver what is owed on one channel; say why it stopped, if it did."""
    try:
        channel.deliver_all(_feed(name, dispatch), dispatch.ledger)
    except (ContentError, OutsideError) as error:
        return str(error)
    return ""


def _feed(name: str, dispatch: Dispatch) -> Iterator[Delivery]:
    while taken := dispatch.ledger.take(name, limit=TAKEN_AT_ONCE, now=dispatch.clock(), lease=LEASE):
        yield from taken
