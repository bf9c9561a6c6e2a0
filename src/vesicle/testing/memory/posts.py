"""Posts that wait for a slot of their channel, in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from vesicle.model.delivery import Frozen, Gate, State
from vesicle.model.errors import UserError
from vesicle.model.reactions import Reactions
from vesicle.ports import BY_HAND, Published, PublishedPost, UnknownPost, WaitingPost
from vesicle.testing.memory.ledger import MemoryLedger


class MemoryPosts:
    """A `ports.Posts` of what was frozen in a `MemoryLedger`."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self._pinned: dict[str, datetime] = {}
        self._ranks: dict[str, int] = {}
        self._reactions: dict[str, Reactions] = {}

    def waiting(self, channel: str) -> Sequence[WaitingPost]:
        """Give what waits on *channel*, the next first."""
        return [post for post in self._all() if post.channel == channel]

    def pinned(self, *, until: datetime) -> Sequence[WaitingPost]:
        """Give what was pinned to a moment up to *until*, on any channel."""
        return [post for post in self._all() if post.pinned is not None and post.pinned <= until]

    def pin(self, slug: str, at: datetime | None) -> None:
        """Let a post go out at a certain moment, or in its turn again."""
        self._one(slug)
        self._pinned.pop(slug, None)
        if at is not None:
            self._pinned[slug] = at

    def move(self, slug: str, *, before: str | None) -> None:
        """Put a post before another that waits on its channel, or behind all others."""
        post = self._one(slug)
        others = [one.slug for one in self.waiting(post.channel) if one.slug != slug]
        if before is not None and before not in others:
            raise UserError(f"no post called '{before}' waits")
        others.insert(len(others) if before is None else others.index(before), slug)
        self._ranks |= {name: rank for rank, name in enumerate(others, start=1 - len(others))}

    def last(self, channel: str, items: Collection[str]) -> Mapping[str, Published]:
        """Tell when each of *items* was last given to *channel*, and what it was."""
        found: dict[str, Published] = {}
        for frozen in (one for one in self._posts() if one.channel == channel):
            item = frozen.slug.split("/")[1]
            outcome = self._ledger.outcome(f"{frozen.slug}:{channel}")
            if outcome is None or item not in items or outcome.state not in (State.SENT, State.UNKNOWN):
                continue
            if item not in found or outcome.at > found[item].at:
                found[item] = Published(at=outcome.at, message=next(iter(frozen.messages.values())))
        return found

    def by_hand(self) -> Sequence[WaitingPost]:
        """Give what a person began to publish by itself and what is still owed of it, on any channel."""
        ours = [one for one in self._posts() if one.slug.startswith(BY_HAND)]
        held = (State.TAKEN, State.SENDING)
        left = [one for one in ours if self._ledger.owed(one.slug) and not self._has(one.slug, *held)]
        gates = {one.slug: self._ledger.gate(one.slug) for one in left}
        return [self._post(one, gates[one.slug]) for one in left if gates[one.slug] is not Gate.CANCELLED]

    def in_hand(self, channel: str, item: str) -> str:
        """Give the name of a post of *item* that *channel* has in hand at this moment, empty for none."""
        for frozen in self._posts():
            is_its = frozen.channel == channel and frozen.slug.split("/")[1] == item
            if is_its and self._has(frozen.slug, State.TAKEN, State.SENDING):
                return frozen.slug
        return ""

    def unknown(self) -> Sequence[UnknownPost]:
        """Give the posts of which nobody knows whether they are out, and that no channel finds out."""
        found = []
        for frozen in self._posts():
            outcome = self._ledger.outcome(f"{frozen.slug}:{frozen.channel}")
            is_unknown = bool(self._ledger.tally(frozen.slug)[State.UNKNOWN])
            if outcome and is_unknown and not self._ledger.owed(frozen.slug):
                found.append(
                    UnknownPost(slug=frozen.slug, channel=frozen.channel, why=outcome.reason, at=outcome.at)
                )
        return found

    def published(self, *, since: datetime) -> Sequence[PublishedPost]:
        """Give the posts that went out at *since* or later, the latest first."""
        found = []
        for frozen in self._posts():
            outcome = self._ledger.outcome(f"{frozen.slug}:{frozen.channel}")
            if outcome and outcome.state is State.SENT and outcome.at >= since:
                told = self._reactions.get(frozen.slug)
                found.append(
                    PublishedPost(
                        slug=frozen.slug,
                        channel=frozen.channel,
                        at=outcome.at,
                        receipt=outcome.receipt,
                        reactions=told,
                    )
                )
        found.reverse()
        return sorted(found, key=lambda one: one.at, reverse=True)

    def count(self, slug: str, reactions: Reactions, *, at: datetime) -> None:
        """Keep how a post was taken, instead of what was counted before."""
        self._reactions[slug] = reactions

    def _has(self, slug: str, *states: State) -> bool:
        tally = self._ledger.tally(slug)
        return any(tally[state] for state in states)

    def _posts(self) -> Sequence[Frozen]:
        names = [frozen for frozen in self._ledger.all_frozen() if frozen.slug.count("/") == 2]
        return sorted(names, key=lambda one: self._ranks.get(one.slug, 0))

    def _all(self) -> Sequence[WaitingPost]:
        found = []
        for frozen in self._posts():
            tally, gate = self._ledger.tally(frozen.slug), self._ledger.gate(frozen.slug)
            if (tally[State.PENDING] or tally[State.DEFERRED]) and gate is not Gate.CANCELLED:
                found.append(self._post(frozen, gate))
        return found

    def _post(self, frozen: Frozen, gate: Gate) -> WaitingPost:
        return WaitingPost(
            slug=frozen.slug,
            channel=frozen.channel,
            item=frozen.slug.split("/")[1],
            text=next(iter(frozen.messages.values())).text,
            pinned=self._pinned.get(frozen.slug),
            is_held=not gate.is_open,
        )

    def _one(self, slug: str) -> WaitingPost:
        for post in self._all():
            if post.slug == slug:
                return post
        raise UserError(f"no post called '{slug}' waits")
