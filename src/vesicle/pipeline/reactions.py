"""How posts were taken, asked of the channels that tell it at no cost."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from vesicle.model.errors import OutsideError
from vesicle.ports import Channel, Counting, Posts

_log = logging.getLogger(__name__)

LOOKED_AT = timedelta(days=30)
"""How long after it went out a post is still asked about."""


def count_reactions(
    posts: Posts, channels: Mapping[str, Channel], *, now: datetime, stopping: Callable[[], bool]
) -> int:
    """Ask about each post of the last days and keep what is told; return how many were told.

    A channel that does not answer is left until the next time: nothing else waits for it.
    """
    told = 0
    away: set[str] = set()
    for post in posts.published(since=now - LOOKED_AT):
        channel = channels.get(post.channel)
        if stopping() or post.channel in away or not isinstance(channel, Counting):
            continue
        try:
            found = channel.reactions(post.receipt)
        except OutsideError as error:
            away.add(post.channel)
            _log.warning("reactions.failed channel=%s reason=%s", post.channel, error)
            continue
        if found is not None:
            posts.count(post.slug, found, at=now)
            told += 1
    return told
