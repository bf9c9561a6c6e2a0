"""How a post was taken."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactions:
    """What a channel counted of one post so far; None for what it does not tell."""

    likes: int | None = None
    replies: int | None = None
    shares: int | None = None
    clicks: int | None = None
