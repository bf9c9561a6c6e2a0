"""Publish the posts of one item by itself, each once."""

from collections.abc import Iterable

from vesicle.model.delivery import Frozen
from vesicle.model.message import Message
from vesicle.pipeline.send import Dispatch, Report, send_post
from vesicle.ports import BY_HAND, Posts


def publish(
    messages: Iterable[Message], dispatch: Dispatch, posts: Posts, *, again: bool = False
) -> list[Report]:
    """Publish each of *messages* on its channel now, unless it went out there before.

    A post of the same item that waits on the channel goes out as it was frozen, instead of a second one.
    What went out before goes out once more only *again*, and nothing does while nobody knows of the last.
    """
    return [_published(message, dispatch, posts, again=again) for message in messages]


def owe(
    messages: Iterable[Message], dispatch: Dispatch, posts: Posts, *, again: bool = False
) -> list[Report]:
    """Write down that each of *messages* is to go out, for whoever is sending to publish at its next look.

    By the same rules as `publish`; one that waits for its slot is left there, and told.
    """
    return [_owed(message, dispatch, posts, again=again) for message in messages]


def _published(message: Message, dispatch: Dispatch, posts: Posts, *, again: bool) -> Report:
    slug, why = _waiting(message, posts), _why_not(message, posts, again=again)
    if why and not slug:
        return Report(slug=message.slug, channel=message.channel, held=why)
    slug = slug or _frozen(message, dispatch)
    failure = send_post(slug, message.channel, dispatch)
    tally = dispatch.ledger.tally(slug)
    return Report(slug=slug, channel=message.channel, tally=tally, held=failure, has_failed=bool(failure))


def _owed(message: Message, dispatch: Dispatch, posts: Posts, *, again: bool) -> Report:
    slug, why = _waiting(message, posts), _why_not(message, posts, again=again)
    if slug:
        return Report(slug=slug, channel=message.channel, said="it waits already; see `vesicle posts`")
    if why:
        return Report(slug=message.slug, channel=message.channel, held=why)
    said = "`vesicle run` publishes it within a minute"
    return Report(slug=_frozen(message, dispatch), channel=message.channel, said=said)


def _waiting(message: Message, posts: Posts) -> str:
    """Give the name of a post of the same item that is owed on the channel; empty where there is none."""
    begun = (post for post in posts.by_hand() if post.channel == message.channel)
    there = (*begun, *posts.waiting(message.channel))
    return next((post.slug for post in there if post.item == message.slug), "")


def _why_not(message: Message, posts: Posts, *, again: bool) -> str:
    """Say why no new post may be made; empty where one may."""
    if slug := posts.in_hand(message.channel, message.slug):
        return f"{slug} is being sent at this moment; see `vesicle posts`"
    for post in posts.unknown():
        if post.channel == message.channel and post.slug.split("/")[1] == message.slug:
            return (
                f"nobody knows whether {post.slug} went out ({post.why}): look, then `vesicle post --confirm "
                f"{post.slug}`, or `vesicle deliveries {post.slug} --resume-unknown skip` where it did not"
            )
    last = posts.last(message.channel, [message.slug]).get(message.slug)
    if last is None or again:
        return ""
    return f"it went out on {last.at:%Y-%m-%d}; `--again` posts it once more"


def _frozen(message: Message, dispatch: Dispatch) -> str:
    now = dispatch.clock()
    slug = f"{BY_HAND}{now:%Y%m%d-%H%M%S}/{message.slug}/{message.channel}"
    frozen = Frozen(
        slug=slug,
        channel=message.channel,
        hash=f"by hand:{message.slug}",
        messages={message.lang: message},
        at=now,
        give_up=now + dispatch.patience,
        policy=dispatch.policy(message.channel),
    )
    dispatch.ledger.freeze(frozen, None)
    return slug
